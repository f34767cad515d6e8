"""``--device`` on real sessions: what ran where, and that the CPU is never taken for a GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from djlift.archive import container as archives
from djlift.archive.golden import Answered, Golden
from djlift.archive.windows import PLAIN
from djlift.base.device import CUDA, Device
from djlift.base.targets import DEFAULT
from djlift.errors import DeviceError, DjliftError
from djlift.graph.runtime import session_on
from djlift.jvm import gpu, process
from djlift.jvm.windows import Window
from djlift.parity import other_runtime
from djlift.parity.verify import verify
from djlift.tasks import registry
from djlift.tasks.frame.sample_input import sample_input
from djlift.tasks.frame.tolerance import FP32_LOGITS
from tests.support.checkpoints.tasks.text_classification import MODELS
from tests.support.command_line import djlift
from tests.support.small_archives import archive
from tests.support.task_archives import archive_of, built

pytestmark = pytest.mark.jvm
TOKENS = "org.djlift.TokenClassifier"


@pytest.fixture(scope="module")
def small_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive for the default release."""
    return archive(("BERT", "WordPiece, cased"), tmp_path_factory.mktemp("bert"), count=20)


def _no_gpu() -> str | None:
    try:
        gpu.require(Device(0), DEFAULT)
    except DjliftError as problem:
        return f"{problem.what}: expected {problem.expected}, found {problem.found}"
    return None


NO_GPU = _no_gpu()


def test_the_profile_says_where_each_node_ran(small_bert: Path) -> None:
    """On the CPU every node is the CPU's; a session that was meant for a GPU would be refused by that."""
    seen = gpu.nodes_by_provider(process.start(), small_bert, Device(), TOKENS, "Ada met Charles.")
    assert set(seen) == {"CPUExecutionProvider"}
    assert sum(seen.values()) > 5
    with pytest.raises(DeviceError, match="did not run on cuda:0") as refused:
        gpu.refuse_fallback(seen, Device(0), "the JVM's ONNX Runtime")
    assert "on CPUExecutionProvider" in str(refused.value.found)


def test_the_cpus_jar_is_not_taken_for_a_gpus(small_bert: Path) -> None:
    """ONNX Runtime without CUDA in it is refused by the JVM's side itself."""
    with pytest.raises(DeviceError, match="JVM's ONNX Runtime cannot use cuda:0") as refused:
        gpu.confirm(process.start(), small_bert, Device(0), TOKENS, "Ada met Charles.")
    assert refused.value.exit_code == 2
    assert refused.value.expected == CUDA


def test_pythons_runtime_gives_the_references_logits(small_bert: Path) -> None:
    """The other side of ``--device cuda:N``, here on the CPU: the golden cases' own windows."""
    with archives.opened(small_bert) as found:
        session = session_on(Device(), found.folder / "model.onnx")
        cases = Golden.read(found.folder).cases
    fed = {
        c.id: [
            Window(w.ids, w.type_ids, np.ones_like(w.ids), w.special, w.offsets, w.logits * 0)
            for w in c.windows[PLAIN]
        ]
        for c in cases
    }
    seen = other_runtime.run(session, fed)
    for case in cases:
        for ours, theirs in zip(case.windows[PLAIN], seen[case.id], strict=True):
            assert ours.logits.size == 0 or np.abs(ours.logits - theirs.logits).max() <= FP32_LOGITS


@pytest.mark.skipif(NO_GPU is None, reason="there is a GPU")
def test_python_falls_back_to_nothing(small_bert: Path) -> None:
    """ONNX Runtime warns and goes on without CUDA; djlift does not."""
    with (
        archives.opened(small_bert) as found,
        pytest.raises(DeviceError, match="Python's ONNX Runtime cannot use cuda:0"),
    ):
        session_on(Device(0), found.folder / "model.onnx")


@pytest.mark.skipif(NO_GPU is None, reason="there is a GPU")
def test_verify_on_a_gpu_that_is_not_there(small_bert: Path, tmp_path: Path) -> None:
    """Exit 2, one clear error, no report, nothing downloaded."""
    report = tmp_path / "r.xml"
    ran = djlift("verify", str(small_bert), "--device", "cuda:0", "--junit", str(report))
    assert ran.returncode == 2, ran.stdout
    for word in ("error: ", "expected:", "found:", "mend:", "--device cpu"):
        assert word in ran.stderr
    assert ran.stdout == ""
    assert not report.exists()
    for barred in (("--translator", "stock"), ("--fuzz", "1s")):
        ran = djlift("verify", str(small_bert), "--device", "cpu", *barred)
        assert ran.returncode == 2
        assert "--device has no meaning" in ran.stderr


ON_A_GPU = pytest.mark.skipif(NO_GPU is not None, reason=f"no usable GPU: {NO_GPU}")


@pytest.mark.gpu
@ON_A_GPU
def test_verify_on_a_gpu(small_bert: Path) -> None:
    """Both sides on the GPU, in a process of its own; level 5 compares them.

    fp32 is held to the CPU's tolerance: products of rounded numbers (TF32) would not pass.
    """
    ran = djlift("verify", str(small_bert), "--device", "cuda:0", "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "in Python's ONNX Runtime on cuda:0" in ran.stdout


@pytest.fixture(scope="module")
def small_classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive of a general task."""
    folder = tmp_path_factory.mktemp("classifier")
    return archive_of(built("text-classification", MODELS["BERT"], folder, ("fp32",)))


def test_the_profile_of_a_general_task(small_classifier: Path) -> None:
    """Its first golden input is run."""
    task = registry.of("text-classification")
    given = sample_input(task, small_classifier)
    with archives.opened(small_classifier) as found:
        (first, *_) = Golden.read(found.folder).cases
    assert isinstance(first, Answered)
    assert given == first.given
    machine = process.start()
    seen = gpu.nodes_by_provider(machine, small_classifier, Device(), task.java, given)
    assert set(seen) == {"CPUExecutionProvider"}


@pytest.mark.gpu
@ON_A_GPU
def test_a_general_task_on_a_gpu(small_classifier: Path) -> None:
    """Proven there as on the CPU."""
    ran = djlift("verify", str(small_classifier), "--device", "cuda:0")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.gpu
@ON_A_GPU
def test_bench_on_a_gpu(small_bert: Path, tmp_path: Path) -> None:
    """Every side that has a door to the GPU finds there what djlift finds."""
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(f"Ada met Charles in London, {n} times." for n in range(40)))
    options = ("--against", "stock", "--against", "onnxruntime", "--rounds", "1", "--alone", "5")
    ran = djlift(
        *("bench", str(small_bert), "--texts", str(texts), "--device", "cuda:0", "--no-memory"),
        *options,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "broke" not in ran.stdout


def test_optimisation_off_is_a_variant_of_level_5(small_bert: Path) -> None:
    """It is run, and named."""
    report = verify(small_bert)
    assert report.holds
    assert "with optimisation off" in report.levels[-1].summary
