"""Fill-mask without a model: whose it is, masked texts, what differs, what is kept."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from djlift.archive.windows import Window
from djlift.checkpoints.checkpoint import Checkpoint, Source
from djlift.checkpoints.loading import Loaded
from djlift.errors import SourceError, UsageError
from djlift.tasks.fill_mask import TASK, _cleans_up, _masked
from djlift.tasks.frame.parameters import checked
from djlift.tasks.frame.task import Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.texts import corpus

FP32 = Tolerance(1e-4, None, 1e-4, exact=True)
MASK = "[MASK]"


def a_checkpoint(architecture: str) -> Checkpoint:
    """A checkpoint of an architecture."""
    source = Source("folder", "mlm", None, Path("mlm"))
    return Checkpoint(source, None, {"architectures": [architecture]}, {}, False, False)


def a_loaded(**tokenizer: Any) -> Loaded:
    """A model of which only the tokenizer is looked at."""
    return Loaded(SimpleNamespace(), SimpleNamespace(**tokenizer), (), 96)


def a_fill(token: int, score: float, sequence: str = "a b") -> dict[str, Any]:
    """A token as the pipeline gives it."""
    return {"score": score, "token": token, "token_str": str(token), "sequence": sequence}


EXPECTED = {"masks": [[a_fill(7, 0.6), a_fill(8, 0.2)], [a_fill(9, 0.9)]]}


def test_it_claims_its_head_and_no_other() -> None:
    """By the architecture's name."""
    assert TASK.claims(a_checkpoint("BertForMaskedLM"))
    assert not TASK.claims(a_checkpoint("BertForQuestionAnswering"))


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"targets": []}, {"targets": "a"}, {"mask": "x"}])
def test_parameters_that_cannot_be(wrong: dict[str, Any]) -> None:
    """By name."""
    with pytest.raises(UsageError) as raised:
        checked(wrong, TASK.parameters, TASK.name)
    assert next(iter(wrong)) in str(raised.value)


def test_every_text_gets_a_mask() -> None:
    """Some several, some within a word."""
    masked = [_masked(t.text, MASK, n) for n, t in enumerate(corpus.builtin())]
    assert all(MASK in text for text in masked)
    assert any(text.count(MASK) == 2 for text in masked)
    assert len(TASK.chosen(corpus.builtin())) >= 150


def test_a_tokenizer_without_a_mask_is_refused() -> None:
    """Before anything is recorded."""
    with pytest.raises(SourceError) as raised:
        TASK.reference(a_loaded(mask_token_id=None), a_checkpoint("BertForMaskedLM"))
    assert "mask token" in str(raised.value)


def test_rows_are_the_masks() -> None:
    """Of a graph that answers for every token."""
    rows = TASK.rows(a_loaded(mask_token_id=4), np.asarray([2, 4, 9, 4, 3]))
    assert rows.tolist() == [1, 3]


def test_large_vocabularies_are_recorded_seldom() -> None:
    """A row has a number for each token."""

    def kept(columns: int) -> int:
        logits = np.zeros((1, columns), dtype=np.float32)
        ids = np.zeros(1, dtype=np.int64)
        window = Window(ids, ids, ids, np.zeros((1, 2), dtype=np.int64), logits)
        return sum(TASK.kept(number, window) for number in range(235))

    assert kept(1500) == 235
    assert 50 <= kept(30522) < 80
    assert 5 <= kept(250000) < 20


@pytest.mark.parametrize(
    "found",
    [
        {"masks": [[a_fill(8, 0.6), a_fill(7, 0.2)], [a_fill(9, 0.9)]]},
        {"masks": [[a_fill(7, 0.6), a_fill(8, 0.2)]]},
        {"masks": [[a_fill(7, 0.6)], [a_fill(9, 0.9)]]},
        {"masks": [[a_fill(7, 0.6, "ab"), a_fill(8, 0.2)], [a_fill(9, 0.9)]]},
        {"masks": [[a_fill(7, 0.6), a_fill(8, 0.21)], [a_fill(9, 0.9)]]},
        {"masks": [[a_fill(7, 0.6), a_fill(8, 0.2)], [a_fill(1, 0.9)]]},
    ],
)
def test_what_differs_is_named(found: dict[str, Any]) -> None:
    """Tokens, their texts, their order, their scores."""
    apart = TASK.difference(EXPECTED, found, FP32)
    assert apart is not None and apart.path.startswith("masks")
    assert TASK.difference(EXPECTED, EXPECTED, FP32) is None


def test_agreement_is_of_the_first_token_of_every_mask() -> None:
    """And plain DJL says texts and scores."""
    assert TASK.agrees(EXPECTED, {"masks": [[a_fill(7, 0.1)], [a_fill(9, 0.1)]]})
    assert not TASK.agrees(EXPECTED, {"masks": [[a_fill(7, 0.1)], [a_fill(8, 0.1)]]})
    assert TASK.stock_view(EXPECTED)["masks"][1] == [{"score": 0.9, "token_str": "9"}]
    model = {"parameters": {"top_k": 5, "targets": None}, "mask_token": MASK}
    assert TASK.stock(Variant(), model) == {"topK": "5", "maskToken": MASK}
    assert TASK.stock(Variant({"targets": ["a"]}), model) is None


class BPE:
    """The name of a model of the tokenizers library."""


@pytest.mark.parametrize(
    ("asked", "model", "forced", "cleans"),
    [
        (True, object(), False, True),
        (True, BPE(), False, False),
        (True, BPE(), True, True),
        (False, object(), True, False),
    ],
)
def test_spaces_are_cleaned_up_as_transformers_does(
    asked: bool, model: object, forced: bool, cleans: bool
) -> None:
    """Of BPE only where it is forced."""
    tokenizer = SimpleNamespace(
        clean_up_tokenization_spaces=asked,
        clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output=forced,
        backend_tokenizer=SimpleNamespace(model=model),
    )
    assert _cleans_up(tokenizer) is cleans
