"""Mutations, durations, and the file of finds: what needs no JVM."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djlift.errors import UsageError
from djlift.parity.fuzz import _Keep, seconds
from djlift.parity.result import Explanation
from djlift.texts import mutation
from djlift.texts.corpus import builtin, read_texts

CORPUS = [text.text for text in builtin()[:80]]


@pytest.mark.parametrize(
    ("duration", "expected"), [("30s", 30), ("5m", 300), ("1h", 3600), ("0.5m", 30)]
)
def test_durations(duration: str, expected: float) -> None:
    """Seconds, minutes and hours."""
    assert seconds(duration) == expected


@pytest.mark.parametrize("duration", ["", "5", "m", "-1s", "0s", "5 m", "5d", "1e3s", "nan"])
def test_other_durations_are_refused(duration: str) -> None:
    """The error shows what a duration looks like."""
    with pytest.raises(UsageError, match="30s, 5m or 1h"):
        seconds(duration)


def test_the_same_seed_gives_the_same_texts() -> None:
    """And another one gives others."""
    one, same, other = (random.Random(n) for n in (7, 7, 8))
    texts = [mutation.mutated(CORPUS, one) for _ in range(200)]
    assert texts == [mutation.mutated(CORPUS, same) for _ in range(200)]
    assert texts != [mutation.mutated(CORPUS, other) for _ in range(200)]
    assert len(set(texts)) > 150


@pytest.mark.parametrize("change", mutation._MUTATIONS, ids=lambda change: change.__name__)
@given(text=st.text(max_size=30), seed=st.integers(0, 1000))
def test_every_mutation_takes_every_text(change: mutation.Mutation, text: str, seed: int) -> None:
    """An empty text too; the result can be written as UTF-8, so it holds no lone surrogate."""
    changed = change(text, random.Random(seed), ["", "Anna", text])
    assert changed.encode().decode() == changed


@pytest.mark.parametrize("change", mutation._MUTATIONS, ids=lambda change: change.__name__)
def test_every_mutation_changes_something(change: mutation.Mutation) -> None:
    """Over a few seeds, none of them leaves the text as it was each time."""
    text = "Anna met Tom in Berlin"
    assert any(change(text, random.Random(seed), CORPUS) != text for seed in range(20))


def test_repetition_passes_the_limit() -> None:
    """A short word, repeated, is longer than 512 tokens can be."""
    assert len(mutation.repeat("a b", random.Random(0), CORPUS).split()) > 512


def _find(text: str) -> Explanation:
    return Explanation(
        "fuzz-1", "fuzz", text, "ids", "1", "2", level=1, rows=(), shrunk=True, runs=3
    )


def test_finds_are_kept_as_texts_reads_them(tmp_path: Path) -> None:
    """Each once, over several searches into one file; line separators and astral characters included."""
    file = tmp_path / "found.jsonl"
    texts = ["A", "a\nb\u2028c\r", "🎉", ""]
    for _ in range(2):
        keep = _Keep(file)
        for text in (*texts, "A"):
            keep(_find(text))
    found = read_texts(file)
    assert [text.text for text in found] == texts
    assert {text.group for text in found} == {"fuzz"}
    assert json.loads(file.read_text(encoding="utf-8").splitlines()[0])["level"] == 1


def test_a_file_that_texts_would_read_otherwise_is_refused(tmp_path: Path) -> None:
    """A find may hold a line break: only JSON lines carry it."""
    with pytest.raises(UsageError, match=r"\.jsonl"):
        _Keep(tmp_path / "found.txt")
    with pytest.raises(UsageError, match="cannot be written"):
        _Keep(tmp_path / "none" / "found.jsonl")
