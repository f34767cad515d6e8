"""int8 on a real JVM: what it damages is kept in fp32 or refused, and nothing ships without a judgement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from djlift.archive import container
from djlift.base import cpu_class
from djlift.builder.build import Built, build
from djlift.checkpoints.recipe import Recipe
from djlift.errors import NotProven
from djlift.parity.result import FAIL, PASS, SKIPPED
from djlift.parity.verify import verify
from djlift.tasks.frame import tolerance
from djlift.texts import corpus
from tests.support import planted_faults
from tests.support.checkpoints import architectures, int8_damage
from tests.support.torch_threads import one_thread

pytestmark = pytest.mark.jvm


@pytest.fixture(autouse=True)
def few_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the built-in corpus: builds are what takes the time here."""
    few = corpus.builtin()[::5]
    monkeypatch.setattr(corpus, "builtin", lambda: few)


def a_checkpoint(folder: Path) -> Path:
    architectures.write("BERT", "WordPiece, cased", folder)
    return folder


def built(checkpoint: Path, zoo: Path) -> Built:
    with one_thread():
        (made,) = build(Recipe((str(checkpoint),), name="small", precisions=("int8",)), zoo).built
    return made


def files(zoo: Path) -> list[Path]:
    return [f for f in zoo.rglob("*") if f.is_file()] if zoo.exists() else []


def test_one_damaged_layer_stays_in_fp32(tmp_path: Path) -> None:
    """The search finds the multiplication that was damaged, keeps it, and the JVM proves the rest.

    The archive then holds again by itself, and each fault that is planted in it is seen.
    """
    checkpoint = a_checkpoint(tmp_path / "checkpoint")
    int8_damage.damage_one_layer(checkpoint)
    made = built(checkpoint, tmp_path / "zoo")
    assert made.report.holds, made.report.to_dict()
    assert made.archive is not None
    kept = made.manifest.graph["kept_in_fp32"]
    assert any("layer.0/output/dense" in name for name in kept), kept
    assert made.manifest.graph["search"]["trials"][0]["kept"] == 0
    assert made.manifest.graph["search"]["trials"][0]["agreement"] < tolerance.BOUND
    assert (made.manifest.parity or {})["cpu"] == cpu_class.here()
    levels = {level.level: level for level in made.report.levels}
    assert levels[4].figures["agreement"] >= tolerance.BOUND
    assert "not accuracy" in levels[4].summary
    assert levels[5].status == PASS

    assert verify(made.archive).notes == tuple(made.manifest.remarks())
    _planted_faults(made.archive, tmp_path)


def _planted_faults(good: Path, folder: Path) -> None:
    faults = {
        "mask": (planted_faults.mask_ignored, {4, 5}),
        "golden": (_other_entities, {3}),
        "weights": (_weights_lost, {4}),
        "infinite": (_infinite, {2}),
    }
    for name, (fault, broken) in faults.items():
        report = verify(planted_faults.tampered(good, folder / f"{name}.zip", fault))
        assert not report.holds, name
        assert broken & {level.level for level in report.levels if level.status == FAIL}, name


def _other_entities(folder: Path) -> None:
    planted_faults.golden_entity_edited(folder)


def _weights_lost(folder: Path) -> None:
    """The scales of attention's integer matrices have the wrong sign."""
    import onnx

    file = folder / "model.onnx"
    model = onnx.load(file)
    named = {n.input[4] for n in model.graph.node if n.op_type == "QAttention"}
    scales = [w for w in model.graph.initializer if w.name in named]
    assert scales
    for scale in scales:
        values = onnx.numpy_helper.to_array(scale)
        scale.CopyFrom(onnx.numpy_helper.from_array(np.float32(values * -1.0), scale.name))
    onnx.save(model, file)


def _infinite(folder: Path) -> None:
    """A bias is no number."""
    import onnx

    file = folder / "model.onnx"
    model = onnx.load(file)
    bias = next(w for w in model.graph.initializer if w.name.endswith("classifier.bias"))
    values = onnx.numpy_helper.to_array(bias) * np.float32(np.nan)
    bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
    onnx.save(model, file)


def test_what_int8_damages_everywhere_is_refused(tmp_path: Path) -> None:
    """No archive, no zoo; the error has the figure and exit code 1."""
    checkpoint = a_checkpoint(tmp_path / "checkpoint")
    int8_damage.damage_everywhere(checkpoint)
    with pytest.raises(NotProven, match=r"F1 0\.\d+ with \d+ of \d+ weights") as raised:
        built(checkpoint, tmp_path / "zoo")
    assert raised.value.exit_code == 1
    assert files(tmp_path / "zoo") == []
    # Beside another precision the refusal is told, and what was proven stays.
    both = Recipe((str(checkpoint),), name="small", precisions=("int8", "fp32"))
    with one_thread():
        result = build(both, tmp_path / "zoo")
    assert not result.holds
    assert [b.precision for b in result.built] == ["fp32"]
    assert result.built[0].archive is not None
    assert result.to_dict()["refused"]["int8"]["error"] == "NotProven"


def test_a_level_4_that_was_skipped_is_no_pass(tmp_path: Path) -> None:
    """Without level 4 nothing judged an int8 archive; fp16 is judged by levels 2 and 3."""
    made = built(a_checkpoint(tmp_path / "checkpoint"), tmp_path / "zoo")
    report = made.report
    assert report.holds
    without = tuple(level for level in report.levels if level.level != 4)
    skipped = tuple(replace(lv, status=SKIPPED) if lv.level == 4 else lv for lv in report.levels)
    for levels in (without, skipped):
        assert not replace(report, levels=levels).holds
    assert replace(report, levels=without, precision="fp16").holds
    assert made.archive is not None
    with container.opened(made.archive) as found:
        named = replace(found.manifest, parity={**(found.manifest.parity or {}), "cpu": "sparc"})
        (found.folder / "djlift.json").unlink()
        container.seal(found.folder, named)
        container.pack(found.folder, tmp_path / "sparc.zip")
    assert any("sparc" in note for note in verify(tmp_path / "sparc.zip").notes)
