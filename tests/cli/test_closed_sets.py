"""A value of a closed set that is nearly right: the error lists the set and names the one that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.checkpoints.export import _chosen
from djlift.errors import not_listed
from tests.cli.test_bad_input import checkpoint
from tests.cli.test_refused_early import CLASSIFIER, refusal
from tests.support.builders import a_manifest, an_archive

BUILD = ("build", "./mood", "--zoo", "zoo")
PREDICT = ("predict", "ner.zip", "--input", "t.txt")
BENCH = ("bench", "ner.zip", "--texts", "t.txt")
CASES: tuple[tuple[tuple[str, ...], str, str | None], ...] = (
    ((*BUILD, "--task", "token_clasification"), "unknown-task", "token-classification"),
    ((*BUILD, "--task", "zeroshot"), "unknown-task", "zero-shot-classification"),
    ((*BUILD, "--task", "ner"), "unknown-task", "token-classification"),
    ((*BUILD, "--task", "FEATURE_EXTRACTION"), "unknown-task", "text-embedding"),
    ((*BUILD, "--task", "summarization"), "unknown-task", None),
    ((*BUILD, "--precision", "fp61"), "unknown-precision", "fp16"),
    ((*BUILD, "--target", "0.36"), "unknown-target", "djl-0.36"),
    ((*BUILD, "--target", "DJL 0.38.0"), "unknown-target", "djl-0.38"),
    # Of a release to come, or of one that cannot be, no other is meant.
    ((*BUILD, "--target", "djl-0.39"), "unknown-target", None),
    ((*BUILD, "--aggregation-strategy", "frist"), "recipe-value", "first"),
    ((*BUILD, "--tokenizer", "Publish"), "recipe-value", "published"),
    ((*BUILD, "-p", "function_to_apply=sofmax"), "parameter-value", "softmax"),
    (("verify", "ner.zip", "--translator", "stok"), "unknown-translator", "stock"),
    (("verify", "ner.zip", "--target", "djl_038"), "unknown-target", "djl-0.38"),
    (("verify", "ner.zip", "--device", "gpu"), "unknown-device", "cuda:0"),
    (("verify", "ner.zip", "--device", "CPU"), "unknown-device", "cpu"),
    ((*BENCH, "--device", "cuda1"), "unknown-device", "cuda:1"),
    ((*BENCH, "--device", "mps"), "unknown-device", None),
    ((*BENCH, "--against", "pytorch"), "unknown-contender", "torch"),
    ((*BENCH, "--against", "onnx"), "unknown-contender", "onnxruntime"),
    ((*BENCH, "--aggregation-strategy", "maximum"), "unknown-strategy", "max"),
    ((*BENCH, "--chart", "speed.sgv"), "chart-format", ".svg"),
    ((*PREDICT, "--aggregation-strategy", "averge"), "unknown-strategy", "average"),
    (("doctor", "--target", "djl-36"), "unknown-target", "djl-0.36"),
    (("list", "s33://bucket/zoo"), "zoo-protocol", "s3"),
    (("yank", "./zoo", "x/1.0.0", "--precision", "float16"), "unknown-precision", "fp16"),
)


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint, an archive and texts, as far as they are read before an option is refused."""
    monkeypatch.chdir(tmp_path)
    checkpoint(tmp_path / "mood", CLASSIFIER)
    an_archive(tmp_path / "ner.zip", model=a_manifest().model)
    (tmp_path / "t.txt").write_text("Ada\n", encoding="utf-8")
    (tmp_path / "zoo").mkdir()


@pytest.mark.parametrize(
    ("command", "code", "meant"), CASES, ids=[" ".join(command[-2:]) for command, _, _ in CASES]
)
def test_the_value_that_was_meant_is_named(
    command: tuple[str, ...], code: str, meant: str | None
) -> None:
    """What is near to nothing is shown the set alone."""
    found = refusal(*command)
    assert found.code == code
    assert found.found and found.expected
    if meant is None:
        assert "did you mean" not in str(found.mend)
    else:
        assert f"did you mean '{meant}'" in str(found.mend)


def test_the_exporter_that_the_environment_names() -> None:
    """A variable has a closed set, too."""
    from djlift.errors import ExportError

    with pytest.raises(ExportError) as raised:
        _chosen("torch-script")
    assert raised.value.mend == "did you mean 'torchscript'?"


def test_words_that_mean_a_value_are_no_values() -> None:
    """They lead to it, whatever is closest by its letters."""
    found = not_listed("no", "c", "b1", ("b2", "c"), also={"b1": "c"})
    assert (found.mend, found.expected) == ("did you mean 'c'?", "b2, c")
    assert not_listed("no", "c", "zzz", ("b2",), mend="look").mend == "look"
