"""Zero-shot classification without a model: whose it is, templates, labels, what differs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from djlift.checkpoints.checkpoint import Checkpoint, Source
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError, UsageError
from djlift.tasks import registry
from djlift.tasks.frame.parameters import checked
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.zero_shot_classification import TASK, formats
from djlift.texts.text import Given, Text

NLI = {"label2id": {"contradiction": 0, "neutral": 1, "Entailment": 2}}
FP32 = Tolerance(1e-4, None, 1e-4, exact=True)
FP16 = Tolerance(1e-2, 1e-3, 1e-2, exact=False)


def a_checkpoint(folder: Path, labels: tuple[str, ...] | None = None, **config: Any) -> Checkpoint:
    """A checkpoint of sequence classification."""
    source = Source("folder", "nli", None, folder)
    config = {"architectures": ["BertForSequenceClassification"], **config}
    return Checkpoint(source, None, config, {}, False, False, labels)


def a_loaded(labels: list[str] | None = None) -> Loaded:
    """A model of which only the defaults are looked at."""
    defaults = {"labels": labels, "hypothesis_template": "About {}.", "multi_label": False}
    return Loaded(SimpleNamespace(), SimpleNamespace(), (), 96, defaults=defaults)


def an_output(**scores: float) -> dict[str, Any]:
    """An output with these labels in this order."""
    return {"labels": list(scores), "scores": list(scores.values())}


@pytest.mark.parametrize(
    "template", ["{}", "This example is {}.", "{0}: {0}", "{{}} {}", "a\n{}", "\u00fcber {}"]
)
def test_templates_that_a_label_goes_into(template: str) -> None:
    """Python fills them in, and so does the JVM."""
    assert formats(template)
    assert template.format("x") != template


@pytest.mark.parametrize(
    "template",
    [
        "",
        "about",
        "{",
        "{} {}",
        "{} {0}",
        "{1}",
        "{label}",
        "{!r}",
        "{:>9}",
        "{:}",
        "{{}}",
        "}{}",
        7,
    ],
)
def test_templates_that_are_refused(template: Any) -> None:
    """No place for a label, two, or one that only Python knows."""
    assert not formats(template)
    with pytest.raises(UsageError, match="hypothesis_template"):
        checked({"hypothesis_template": template}, TASK.parameters, TASK.name)


def test_a_checkpoint_of_entailment_is_asked_about(tmp_path: Path) -> None:
    """It classifies pairs as well as it does this: the choices are named, nothing is guessed."""
    checkpoint = a_checkpoint(tmp_path, **NLI)
    with pytest.raises(SourceError) as raised:
        registry.chosen(Recipe(("nli",)), checkpoint)
    mend = str(raised.value.mend)
    assert "--task text-classification" in mend and "--task zero-shot-classification" in mend
    assert registry.chosen(Recipe(("nli",), task=TASK.name), checkpoint) is TASK


def test_other_labels_are_text_classification(tmp_path: Path) -> None:
    """Without an entailment nothing is asked; labels of the recipe count as those of the checkpoint."""
    plain = a_checkpoint(tmp_path, label2id={"negative": 0, "positive": 1})
    assert registry.chosen(Recipe(("nli",)), plain).name == "text-classification"
    assert TASK.claims(a_checkpoint(tmp_path, ("contradiction", "ENTAILS"), **plain.config))
    other = a_checkpoint(tmp_path, architectures=["BertForTokenClassification"], **NLI)
    assert not TASK.claims(other)


def test_inputs_have_one_to_five_labels() -> None:
    """And a user's own stays as it is."""
    texts = [Text(f"t{n}", "news", f"text {n}") for n in range(12)]
    given = Given("u", "user", "text", {"text": "text", "labels": ["a"]})
    found = TASK.inputs([*texts, given], a_loaded())
    assert {len(one["labels"]) for one in found} == {1, 2, 3, 4, 5}
    assert all(len(set(one["labels"])) == len(one["labels"]) for one in found)
    assert found[-1] is given.given
    preset = TASK.inputs(texts, a_loaded(["a", "b"]))
    assert [n for n, one in enumerate(preset) if "labels" not in one] == [3, 7, 11]


def test_every_parameter_is_recorded_in_a_variant() -> None:
    """Also where the archive's own template is the other one."""
    variants = TASK.variants(a_loaded())
    assert {v.parameters.get("multi_label") for v in variants.values()} == {None, True, False}
    other = variants["template"].parameters["hypothesis_template"]
    assert variants["template"].windows == "template" and formats(other)
    loaded = a_loaded()
    loaded.defaults["hypothesis_template"] = other  # type: ignore[index]
    assert TASK.variants(loaded)["template"].parameters["hypothesis_template"] != other


def test_scores_and_order_are_compared() -> None:
    """The order is not, where rounding alone decides it."""
    expected = an_output(a=0.6, b=0.3, c=0.1)
    assert TASK.difference(expected, an_output(a=0.60001, b=0.3, c=0.1), FP32) is None
    score = TASK.difference(expected, an_output(a=0.61, b=0.3, c=0.1), FP32)
    assert score is not None and score.path == "scores[0]"
    order = TASK.difference(expected, an_output(b=0.3, a=0.6, c=0.1), FP32)
    assert order is not None and order.path == "labels[0]"
    tied = an_output(a=0.5, b=0.499999, c=1e-6)
    assert TASK.difference(tied, an_output(b=0.499999, a=0.5, c=1e-6), FP32) is None
    small = an_output(a=0.999, b=9e-6, c=8e-6)
    # Small scores are no ties: their logits are far apart.
    assert TASK.difference(small, an_output(a=0.999, c=9e-6, b=8e-6), FP32) is not None
    assert TASK.difference(expected, {"labels": ["a"], "scores": [0.6]}, FP32) is not None


def test_near_ties_below_fp32() -> None:
    """Labels change places only where their scores are close."""
    close = an_output(a=0.40, b=0.395, c=0.205)
    assert TASK.near_tie(close, an_output(b=0.399, a=0.396, c=0.205), FP16) is not None
    apart = an_output(a=0.6, b=0.3, c=0.1)
    assert TASK.near_tie(apart, an_output(b=0.6, a=0.3, c=0.1), FP16) is None


def test_int8_says_the_same() -> None:
    """The first label; a single one on the same side of one half."""
    assert TASK.agrees(an_output(a=0.6, b=0.4), an_output(a=0.9, b=0.1))
    assert not TASK.agrees(an_output(a=0.6, b=0.4), an_output(b=0.6, a=0.4))
    assert TASK.agrees(an_output(a=0.6), an_output(a=0.9))
    assert not TASK.agrees(an_output(a=0.6), an_output(a=0.4))


def test_an_input_is_shown_with_its_labels() -> None:
    """And one without them is shown too."""
    assert TASK.shown({"text": "t", "labels": ["a", "b"]}) == "t | a | b"
    assert TASK.shown({"text": "t"}) == "t"


def test_plain_djl_takes_settings_with_each_input() -> None:
    """The archive's, and the variant's over them."""
    model = {"parameters": {"hypothesis_template": "T {}", "multi_label": False, "labels": None}}
    variant = TASK.variants(a_loaded())["multi-label"]
    assert TASK.stock(variant, model) == {"hypothesis_template": "T {}", "multi_label": "true"}
