"""``djlift bench`` on real sides: what is measured; a side that finds something else is seen and named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from djlift.archive import container as archives
from djlift.base.device import Device
from djlift.base.progress import silent
from djlift.bench.contenders import Entrant, Setting
from djlift.bench.matmul import Products, Rate
from djlift.bench.measure import bench
from djlift.bench.report import cells
from djlift.bench.result import BenchReport, Side
from djlift.bench.rounds import Run
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError, TextsError, UsageError
from djlift.jvm import process
from djlift.tasks.token_classification.plain_djl import Answer
from tests.jvm.process.test_gpu import NO_GPU
from tests.support import planted_faults
from tests.support.command_line import djlift
from tests.support.small_archives import archive

pytestmark = pytest.mark.jvm
SENTENCES = [
    "Anna met Tom in Paris.",
    "Rain stopped play in Galway.",
    "",
    "Nokia sued Apple in a Delaware court, Reuters reported on Friday, and nobody there was surprised by it.",
    *(f"The ferry to island {n} left at noon with Angela Merkel." for n in range(20)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the small archive and its checkpoint are."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def small(folder: Path) -> Path:
    """A small archive with its checkpoint beside it."""
    return archive(("BERT", "WordPiece, cased"), folder, count=20)


@pytest.fixture(scope="module")
def texts(folder: Path) -> Path:
    """A text a line."""
    file = folder / "texts.txt"
    file.write_text("\n".join(SENTENCES) + "\n", encoding="utf-8")
    return file


def quick(small: Path, texts: Path, *against: str, **options: object) -> BenchReport:
    """A run that is too short to mean anything."""
    settings = {"threads": 1, "rounds": 2, "alone": 3, "warm_up": 0.0, "memory": False, **options}
    return bench(small, texts, against=against, **settings)  # type: ignore[arg-type]


def side_of(report: BenchReport, name: str) -> Side:
    """The side of this name."""
    (found,) = [side for side in report.sides if side.name == name]
    return found


def test_all_sides_find_the_same_and_have_figures(small: Path, texts: Path, folder: Path) -> None:
    """Every figure that the command promises, of every side; each process' memory on its own."""
    reference = Recipe((str(folder / "checkpoint"),))
    against = ("stock", "torch", "onnxruntime")
    report = quick(small, texts, *against, reference=reference, memory=True, strategy="none")
    assert [side.name for side in report.sides] == ["djlift", *against]
    assert report.holds, [(s.name, s.error, s.agreement) for s in report.sides]
    for side in report.sides:
        assert side.agreement is not None
        assert side.agreement.equal, (side.name, side.agreement)
        assert len(side.seconds) == 2
        assert side.latency is not None
        assert (side.latency.measured, side.latency.p50 > 0) == (6, True)
        assert side.peak_bytes is not None
        assert 30 << 20 < side.peak_bytes < 8 << 30
        assert (side.batch in (1, 8, 32)) == (side.name != "djlift")
    ours = report.sides[0].stages
    assert ours is not None
    assert set(ours.seconds) == {"tokenize", "wait", "run", "decode"}
    assert ours.seconds["run"] > 0
    assert ours.tokens == report.tokens
    assert 0 <= ours.wasted < 1
    assert report.gemm is not None
    assert 0 < report.gemm.share.median <= report.gemm.share_in_run.median
    json.dumps(report.to_dict(), allow_nan=False)


def test_plain_djl_that_differs_keeps_its_figures_marked(small: Path, folder: Path) -> None:
    """It counts behind an emoji in another unit: that is said, and is no failure of the run."""
    file = folder / "emoji.txt"
    file.write_text("\n".join(["🎉 Anna met Tom", *SENTENCES]), encoding="utf-8")
    report = quick(small, file, "stock", strategy="none")
    stock = side_of(report, "stock")
    assert stock.agreement is not None
    assert stock.agreement.differing == 1
    assert stock.agreement.first is not None
    assert stock.agreement.first.text == 0
    assert report.holds
    assert stock.seconds
    assert cells(report, stock)[0].endswith("*")


def test_a_graph_that_is_not_the_checkpoints_is_seen(
    small: Path, texts: Path, folder: Path
) -> None:
    """torch finds something else, Python's ONNX Runtime on the same graph does not."""
    broken = planted_faults.tampered(
        small, folder / "broken.zip", planted_faults.one_weight_changed_much
    )
    reference = Recipe((str(folder / "checkpoint"),))
    report = quick(broken, texts, "torch", "onnxruntime", reference=reference)
    torch, onnxruntime = side_of(report, "torch"), side_of(report, "onnxruntime")
    assert torch.marked
    assert not torch.holds
    assert not report.holds
    assert onnxruntime.holds
    assert all(c.endswith("*") for c in cells(report, torch)[:4])


def test_a_tokenizer_that_cuts_earlier_is_seen(small: Path, texts: Path, folder: Path) -> None:
    """Python's side reads tokenizer_config.json, the JVM's does not: long texts differ."""

    def shorter(files: Path) -> None:
        file = files / "tokenizer_config.json"
        settings = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**settings, "model_max_length": 6}), encoding="utf-8")

    cut = planted_faults.tampered(small, folder / "cut.zip", shorter)
    report = quick(cut, texts, "onnxruntime", strategy="none")
    found = side_of(report, "onnxruntime").agreement
    assert found is not None
    assert not found.equal
    assert not report.holds


def test_a_reference_of_other_weights_is_refused(small: Path, texts: Path, folder: Path) -> None:
    """Before anything is measured."""
    other = folder / "other"
    archive(("BERT", "WordPiece, cased"), other, count=1, seed=1)
    with pytest.raises(SourceError, match="is not the checkpoint"):
        quick(small, texts, "torch", reference=Recipe((str(other / "checkpoint"),)))


def test_what_cannot_be_run_is_refused(small: Path, folder: Path) -> None:
    """No texts; an unknown side; torch without its checkpoint."""
    empty = folder / "empty.txt"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(TextsError, match="nothing to run"):
        quick(small, empty)
    with pytest.raises(UsageError, match="stock, torch, onnxruntime"):
        quick(small, empty, "spark")
    with pytest.raises(UsageError, match="--reference SOURCE"):
        quick(small, empty, "torch")


@dataclass
class Tampering:
    """A rival that is djlift itself, but for what ``change`` makes of its answers from the second round on.

    The first run is the warm-up's.
    """

    of: Entrant
    change: Callable[[list[Answer]], Sequence[Answer]]
    runs: int = 0

    def run(self, which: np.ndarray, batch: int) -> float:
        self.runs += 1
        return self.of.runs.run(which, batch)

    def alone(self, which: np.ndarray) -> list[float]:
        return self.of.runs.alone(which)

    def close(self) -> None:
        """Nothing of its own."""

    def answers(self) -> Sequence[Answer]:
        found = list(self.of.answers())
        return self.change(found) if self.runs > 2 else found


@contextmanager
def a_run(
    small: Path, change: Callable[[list[Answer]], Sequence[Answer]], *, ours: bool = False
) -> Iterator[Run]:
    """Two rounds with a rival that tampers, or with a djlift that does."""
    with archives.opened(small) as found, process.start().load(small, threads=1) as classifier:
        setting = Setting(
            small, found.folder, found.manifest, "none", Device(), 1, tuple(SENTENCES)
        )
        own, told = setting.djlift(classifier)
        rival = Tampering(own, change)
        entrant = Entrant("onnxruntime", rival, rival.answers, lambda given: given.units)
        if ours:
            run = Run(setting, replace(entrant, name="djlift"), told, [], 2, silent)
        else:
            run = Run(setting, own, told, [entrant], 2, silent)
        run.warm(0)
        for number in range(2):
            run.round(number)
        yield run


def _raise(found: list[Answer]) -> Sequence[Answer]:
    raise RuntimeError("out of breath")


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[:-1],
        lambda found: [*found, found[0]],
        lambda found: [found[1], found[0], *found[2:]],
        lambda found: [*found[:3], "it broke", *found[4:]],
    ],
    ids=["lost", "doubled", "reordered", "failed"],
)
@pytest.mark.parametrize("ours", [False, True])
def test_what_goes_wrong_in_one_round_is_seen(
    small: Path, change: Callable[[list[Answer]], Sequence[Answer]], ours: bool
) -> None:
    """Not only the first run is compared; djlift is held to its own first answers."""
    with a_run(small, change, ours=ours) as run:
        side = run.all[-1].side(None)
    assert side.agreement is not None
    assert side.agreement.differing > 0
    assert side.marked
    assert not side.holds


def test_a_rival_that_breaks_has_no_figures_and_the_others_go_on(small: Path) -> None:
    """It is named with what it threw."""
    with a_run(small, _raise) as run:
        ours, side = (one.side(None) for one in run.all)
    assert side.error == "RuntimeError: out of breath"
    assert (side.seconds, side.agreement, side.latency) == ((), None, None)
    assert len(ours.seconds) == 2
    assert ours.holds


def test_the_machines_rate_is_of_products_that_were_done() -> None:
    """Positive, of one of the numbers of rows that are tried; freed when closed."""
    process.start()
    rate = Rate(Products({(64, 128): 2, (128, 64): 1}), 1)
    try:
        assert rate.rows in (256, 512, 1024, 2048)
        assert 1e7 < rate.measure() < 1e14
    finally:
        rate.close()


def test_the_command(small: Path, texts: Path, tmp_path: Path) -> None:
    """JSON on stdout, a chart, exit 0; exit 2 and nothing measured where it cannot be."""
    short = ("--rounds", "2", "--alone", "2", "--warm-up", "0", "--threads", "1", "--no-memory")
    chart = tmp_path / "speed.svg"
    common = ("bench", str(small), "--texts", str(texts), *short)
    run = djlift(*common, "--against", "stock", "--chart", str(chart), "--json")
    assert run.returncode == 0, run.stderr
    data = json.loads(run.stdout)
    assert [one["name"] for one in data["results"]] == ["djlift", "stock"]
    assert all(one["texts_per_s"] > 0 for one in data["results"])
    assert data["gemm_share"] > 0
    assert data["threads"] == 1
    assert chart.read_text(encoding="utf-8").startswith("<?xml")
    run = djlift(*common)
    assert run.returncode == 0, run.stderr
    assert "djlift's stages" in run.stdout
    run = djlift(*common, "--against", "torch")
    assert run.returncode == 2
    assert "--reference SOURCE" in run.stderr
    run = djlift(*common, "--chart", "speed.pdf")
    assert run.returncode == 2
    assert "chart-format" in run.stderr


@pytest.mark.skipif(NO_GPU is None, reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(small: Path, texts: Path) -> None:
    """By what it lacks, as verify does."""
    run = djlift("bench", str(small), "--texts", str(texts), "--device", "cuda:0")
    assert run.returncode == 2
    assert "GPU" in run.stderr or "CUDA" in run.stderr
    assert run.stdout == ""
