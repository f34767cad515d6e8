"""Text ranking without a model: whose it is, inputs, what differs."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from djlift.archive.golden import Answered, PaddedBatch
from djlift.archive.windows import PLAIN, Window
from djlift.checkpoints.checkpoint import Checkpoint, Source
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError
from djlift.tasks import registry
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.text_ranking.cross_encoder import stated
from djlift.tasks.text_ranking.task import TASK
from djlift.texts.corpus import builtin
from djlift.texts.sampling import spread
from djlift.texts.text import Given, Text

FP32 = Tolerance(1e-4, None, 1e-4, exact=True)
FP16 = Tolerance(1e-2, 1e-3, 1e-2, exact=False)
SIGMOID = "torch.nn.modules.activation.Sigmoid"


def a_checkpoint(folder: Path, **config: Any) -> Checkpoint:
    """A checkpoint of sequence classification."""
    source = Source("folder", "ranker", None, folder)
    config = {"architectures": ["BertForSequenceClassification"], **config}
    return Checkpoint(source, None, config, {}, False, False)


def a_loaded(num_labels: int = 1, prompt: str | None = None) -> Loaded:
    """A model of which only the defaults and the number of labels are looked at."""
    beside = SimpleNamespace(num_labels=num_labels)
    defaults = {"prompt": prompt}
    return Loaded(SimpleNamespace(), SimpleNamespace(), (), 96, beside=beside, defaults=defaults)


def a_ranking(*entries: tuple[int, float]) -> dict[str, Any]:
    """An output with these indices and scores."""
    return {"ranking": [{"index": index, "score": score} for index, score in entries]}


def written_by_6(folder: Path, kind: str) -> None:
    """The files that sentence-transformers 6 writes beside config.json."""
    (folder / "modules.json").write_text("[]")
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"model_type": kind}))


def test_a_cross_encoder_says_that_it_is_one(tmp_path: Path) -> None:
    """In the way of each version of sentence-transformers; a plain classifier says nothing."""
    plain = a_checkpoint(tmp_path)
    assert stated(plain) is None
    assert stated(a_checkpoint(tmp_path, sentence_transformers={"activation_fn": SIGMOID}))
    assert stated(a_checkpoint(tmp_path, sbert_ce_default_activation_function=SIGMOID))
    written_by_6(tmp_path, "CrossEncoder")
    assert stated(plain) == "config_sentence_transformers.json"
    written_by_6(tmp_path, "SentenceTransformer")
    assert stated(plain) is None
    (tmp_path / "config_sentence_transformers.json").write_text("[]")
    assert stated(plain) is None


def test_it_is_chosen_before_text_classification(tmp_path: Path) -> None:
    """Which claims every such head; with labels of entailment the user is asked."""
    written_by_6(tmp_path, "CrossEncoder")
    assert registry.chosen(Recipe(("r",)), a_checkpoint(tmp_path)) is TASK
    nli = a_checkpoint(tmp_path, label2id={"contradiction": 0, "entailment": 1})
    with pytest.raises(SourceError) as raised:
        registry.chosen(Recipe(("r",)), nli)
    for name in ("text-ranking", "text-classification", "zero-shot-classification"):
        assert f"--task {name}" in str(raised.value.mend)


def test_other_heads_are_not_claimed(tmp_path: Path) -> None:
    """An embedder has modules.json too."""
    written_by_6(tmp_path, "CrossEncoder")
    assert not TASK.claims(a_checkpoint(tmp_path, architectures=["BertModel"]))


def test_inputs_are_pairs_and_rankings() -> None:
    """Rankings only where the model gives one score; a user's own stays as it is."""
    texts = [Text(f"t{n}", "news", f"text {n}") for n in range(24)]
    given = Given("u", "user", "q", {"query": "q", "documents": ["a"]})
    found = TASK.inputs([*texts, given], a_loaded())
    assert found[-1] is given.given
    assert {len(one["documents"]) for one in found if "documents" in one} == {1, 2, 4, 6}
    assert sum("text" in one for one in found) == 16
    assert all("text" in one for one in TASK.inputs(texts, a_loaded(num_labels=3)))


def test_every_parameter_is_recorded_in_a_variant() -> None:
    """What a model of several labels does not have, it does not record."""
    one, three = TASK.variants(a_loaded()), TASK.variants(a_loaded(3, prompt="q: "))
    assert {k for v in one.values() for k in v.parameters} == {
        "function_to_apply",
        "prompt",
        "top_k",
    }
    assert "apply_softmax" in three["softmax"].parameters and "top-2" not in three
    assert one["prompt"].parameters["prompt"] and three["prompt"].parameters["prompt"] is None
    assert one["prompt"].windows == three["prompt"].windows == "prompt"


def test_equal_documents_are_shown_each_and_run_once() -> None:
    """So that they have one score, and stand in the order that they were given in."""
    given = {"query": "q", "documents": ["a", "b", "a"]}
    assert TASK.shown(given) == "q | a | b | a"
    assert TASK.shown({"query": "q", "text": "a"}) == "q | a"


def test_scores_and_order_are_compared() -> None:
    """The order is not, where rounding alone decides it."""
    expected = a_ranking((1, 3.0), (0, -2.0))
    assert TASK.difference(expected, a_ranking((1, 3.00001), (0, -2.0)), FP32) is None
    order = TASK.difference(expected, a_ranking((0, 3.0), (1, -2.0)), FP32)
    assert order is not None and order.path == "ranking[0].index"
    tied = a_ranking((1, 3.000001), (0, 3.0))
    assert TASK.difference(tied, a_ranking((0, 3.0), (1, 3.0)), FP32) is None
    shares = a_ranking((1, 9e-6), (0, 8e-6))
    assert TASK.difference(shares, a_ranking((0, 9e-6), (1, 8e-6)), FP32) is not None
    score = TASK.difference({"score": 0.5}, {"score": 0.6}, FP32)
    assert score is not None and score.path == "score"


def test_near_ties_below_fp32() -> None:
    """Documents change places only where their scores are close; scores of pairs have no order."""
    assert TASK.near_tie(a_ranking((1, 0.5), (0, 0.495)), a_ranking((0, 0.5), (1, 0.495)), FP16)
    assert TASK.near_tie(a_ranking((1, 0.9), (0, 0.1)), a_ranking((0, 0.9), (1, 0.1)), FP16) is None
    assert TASK.near_tie({"score": 0.5}, {"score": 0.6}, FP16) is None


def test_int8_says_the_same() -> None:
    """The best document, the label, nearly the same score."""
    assert TASK.agrees(a_ranking((1, 3.0), (0, 2.0)), a_ranking((1, 2.0), (0, 1.0)))
    assert not TASK.agrees(a_ranking((1, 3.0), (0, 2.0)), a_ranking((0, 3.0), (1, 2.0)))
    assert TASK.agrees({"score": 4.0}, {"score": 4.3}) and not TASK.agrees(
        {"score": 0.5}, {"score": 0.7}
    )
    assert TASK.agrees({"scores": [1.0, 2.0]}, {"scores": [0.0, 1.0]})
    assert not TASK.agrees({"scores": [1.0, 2.0]}, {"scores": [2.0, 1.0]})
    window = a_window(2.0)
    assert TASK.agreement(window, np.array([[2.1]], np.float32))
    assert not TASK.agreement(window, np.array([[-2.0]], np.float32))


def test_plain_djl_knows_the_sigmoid() -> None:
    """And neither prompt, softmax nor the best of a ranking."""
    settings = {"function_to_apply": "sigmoid", "apply_softmax": False, "top_k": None}
    model = {"parameters": {**settings, "prompt": None}}
    variants = TASK.variants(a_loaded())
    assert TASK.stock(variants["default"], model) == {"reranking": "true", "sigmoid": "true"}
    assert TASK.stock(variants["none"], model) == {"reranking": "true", "sigmoid": "false"}
    assert TASK.stock(variants["prompt"], model) is TASK.stock(variants["top-2"], model) is None


def a_window(logit: float) -> Window:
    """A window of one token."""
    one = np.zeros(1, np.int64)
    return Window(one, one, one, np.zeros((1, 2), np.int64), np.array([[logit]], np.float32))


@pytest.mark.parametrize(("other", "clear"), [(1.00001, False), (2.0, True)])
def test_what_is_recorded_hangs_on_no_last_bit(other: float, clear: bool) -> None:
    """A ranking whose logits are as good as equal is not clear."""
    windows = {PLAIN: (a_window(1.0), a_window(other)), "prompt": (a_window(1.0),)}
    assert TASK.clear(Answered("a", "g", "t", windows, {}), a_loaded()) is clear


class _Windowed(type(TASK)):  # type: ignore[misc]
    """Rankings as good as tied, but for that of the second built-in text."""

    def chosen(self, texts: Any) -> Any:
        return texts

    def inputs(self, texts: Any, loaded: Any) -> Any:
        return [{"query": "q", "text": text.text} for text in texts]

    def variants(self, loaded: Any) -> Any:
        return {}

    def padded(self, loaded: Any, cases: Any) -> PaddedBatch:
        return PaddedBatch(tuple(case.id for case in cases), {})

    def _case(self, loaded: Any, number: int, text: Text, given: Any, variants: Any) -> Answered:
        apart = 1.0 if text.id == builtin()[1].id else 1e-5
        windows = {PLAIN: (a_window(1.0), a_window(1.0 + apart))}
        return Answered(text.id, text.group, text.text, windows, {})


def test_a_users_ranking_is_recorded_as_it_is() -> None:
    """A built-in one that hangs on the last bits is left out, before the padded batch is chosen."""
    texts = [*builtin()[:2], Text("mine", "user", "text")]
    found = _Windowed().record(a_loaded(), texts)
    assert [case.id for case in found.cases] == [builtin()[1].id, "mine"]
    assert found.padding.cases == (builtin()[1].id, "mine")


def test_a_part_of_the_built_in_texts_is_recorded() -> None:
    """All long ones, and all that a user gave."""
    mine = Text("mine", "user", "text")
    found = spread([*builtin(), mine], 3)
    assert mine in found and len(found) < len(builtin()) / 2
    assert {t.id for t in builtin() if t.group == "long"} <= {t.id for t in found}
