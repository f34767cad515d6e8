"""The port of transformers 4's question answering gives what transformers 4 gave."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from djlift.checkpoints.loading import quiet
from djlift.tasks.question_answering import pipeline

FOLDER = Path(__file__).parents[3] / "data" / "question_answering"
RECORDED = json.loads((FOLDER / "answers.json").read_text())
CASES = RECORDED["cases"]
_NOISE = 1e-5
"""Relative: between the matrix products of two machines."""


@cache
def model() -> Any:
    """The tiny model, in today's transformers."""
    from transformers import BertForQuestionAnswering

    with quiet():
        return BertForQuestionAnswering.from_pretrained(FOLDER / "model").eval()


@cache
def tokenizer(name: str) -> Any:
    """One of the tokenizers, in today's transformers."""
    from transformers import AutoTokenizer

    with quiet():
        return AutoTokenizer.from_pretrained(FOLDER / name)


def answers(case: dict[str, Any]) -> list[dict[str, Any]]:
    """What the port makes of a case."""
    import torch

    own = tokenizer(case["tokenizer"])
    parameters = dict(case["parameters"])
    # What the pipeline hands to slow tokenizers only.
    parameters.pop("max_question_len", None)
    cut = {k: parameters.pop(k) for k in ("max_seq_len", "doc_stride") if k in parameters}
    first = own.padding_side == "right"
    features = pipeline.preprocess(
        own, case["question"], case["context"], question_first=first, **cut
    )
    outputs = []
    for feature in features:
        given = {
            "input_ids": feature.input_ids,
            "attention_mask": feature.attention_mask,
            "token_type_ids": np.asarray(feature.encoding.type_ids)[None],
        }
        with torch.no_grad():
            found = model()(**{k: torch.from_numpy(v) for k, v in given.items()})
        outputs.append((found.start_logits.numpy(), found.end_logits.numpy()))
    return pipeline.postprocess(
        own, case["context"], features, outputs, question_first=first, **parameters
    )


def identity(answer: dict[str, Any]) -> tuple[int, int, str]:
    """All but the score."""
    return answer["start"], answer["end"], answer["answer"]


def test_the_recorded_answers_are_of_the_release_that_is_named() -> None:
    """The module says what it is a port of; enough was asked, and enough of it was answered."""
    assert RECORDED["by"]["transformers"] in (pipeline.__doc__ or "")
    assert sum("answers" in case for case in CASES) >= 150
    assert {case["tokenizer"] for case in CASES} == {
        "wordpiece", "left", "bytes", "unigram", "none"
    }  # fmt: skip


@pytest.mark.parametrize("number", range(len(CASES)))
def test_an_answer_is_that_of_transformers_4(number: int) -> None:
    """Texts, spans and order are equal, and so are the scores; an error is an error."""
    case = CASES[number]
    if "error" in case:
        with pytest.raises(Exception) as refused:
            answers(case)
        assert refused.type is ValueError or case["error"] == refused.type.__name__
        return
    # Of answers with no score at all, numpy's partition chooses some.
    expected = [a for a in case["answers"] if a["score"] > 0.0]
    found = answers(case)
    assert [identity(a) for a in found] == [identity(a) for a in expected]
    for ours, theirs in zip(expected, found, strict=True):
        assert theirs["score"] == pytest.approx(ours["score"], rel=_NOISE, abs=1e-30)
