"""The reference's corners: a batch of long texts only, and heads that ask for a sigmoid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tools.architectures.both_sides import Built, built

from djlift.archive.golden import PaddedBatch
from djlift.archive.windows import PLAIN
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.parity.verify import verify
from djlift.tasks.token_classification.reference import record
from djlift.tasks.token_classification.strategies import STRATEGIES
from djlift.tasks.token_classification.task import TASK
from djlift.texts import corpus
from djlift.texts.text import LONG, Text
from tests.support import mixed_texts, torch_threads
from tests.support.checkpoints import architectures

SEED = 20
PAIR = ("BERT", "WordPiece, cased")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with torch_threads.one_thread():
        yield


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint with a limit of 96 tokens."""
    folder = tmp_path_factory.mktemp("reference") / "checkpoint"
    architectures.write(*PAIR, folder, SEED)
    return folder


def test_long_texts_alone_are_recorded(checkpoint: Path) -> None:
    """Texts that are all too long for the padded batch leave it out; they are recorded all the same."""
    loaded = TASK.load(find(Recipe((str(checkpoint),))))
    long = [text for text in corpus.builtin() if text.group == LONG][:2]
    golden = record(loaded, long)
    assert [len(case.windows[PLAIN][0].ids) for case in golden.cases] == [96, 96]
    assert golden.padding == PaddedBatch((), {})
    mixed = record(loaded, [*long, Text("short", "news", "Ada met Tom.")])
    assert mixed.padding.cases == ("short",)


@pytest.mark.jvm
def test_a_sigmoid_head_is_read_by_softmax_on_both_sides(checkpoint: Path, tmp_path: Path) -> None:
    """transformers' pipeline takes the softmax whatever ``problem_type`` asks for, and so does the archive."""
    chosen = mixed_texts.mixture(24, SEED)
    plain = record(TASK.load(find(Recipe((str(checkpoint),)))), chosen)
    file = checkpoint / "config.json"
    before = file.read_text(encoding="utf-8")
    try:
        asks = json.loads(before) | {"problem_type": "multi_label_classification"}
        file.write_text(json.dumps(asks), encoding="utf-8")
        found = built(checkpoint, chosen, tmp_path)
    finally:
        file.write_text(before, encoding="utf-8")
    assert isinstance(found, Built)
    assert found.loaded.model.config.problem_type == "multi_label_classification"
    report = verify(found.archive)
    assert report.holds, report.levels
    told = 0
    for case, other in zip(found.golden.cases, plain.cases, strict=True):
        for strategy in STRATEGIES:
            assert case.outputs[strategy] == other.outputs[strategy]
        (window,) = case.windows[PLAIN]
        for entity in case.outputs["none"]:
            assert entity.index is not None
            logits = window.logits[entity.index].astype(np.float64)
            softmax = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
            assert entity.score == pytest.approx(softmax.max(), abs=1e-6)
            told += abs(1 / (1 + np.exp(-logits.max())) - softmax.max()) > 1e-3
    assert told > 20
