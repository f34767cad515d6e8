"""Texts that a user adds to a verification, and the reference's side of them."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from djlift.archive.golden import Case
from djlift.archive.manifest import Manifest
from djlift.archive.windows import PLAIN
from djlift.checkpoints.recipe import Recipe
from djlift.errors import TextsError
from djlift.tasks.frame.loading import loaded_reference
from djlift.tasks.frame.steps import encoded
from djlift.tasks.frame.task import GeneralTask, Task
from djlift.texts.corpus import read_texts
from djlift.texts.text import Text, given_by

Recorder = Callable[[Sequence[Text]], tuple[Case, ...]]
"""Gives the reference's side of texts, in order."""


def renamed(texts: Sequence[Text]) -> tuple[Text, ...]:
    """The user's texts under ids that no golden case has."""
    return tuple(replace(text, id=f"more-{number:06d}") for number, text in enumerate(texts, 1))


def by_reference(manifest: Manifest, recipe: Recipe, task: Task) -> Recorder:
    """A recorder of the checkpoint the archive was made of, loaded once.

    Raises:
        MissingExtra: torch is not installed.
        SourceError: The checkpoint's weights are not the archive's.
    """
    loaded = loaded_reference(manifest, recipe, task)
    return lambda texts: task.record(loaded, texts).cases


def by_tokenizers(folder: Path) -> Recorder | None:
    """A recorder of tokens alone: Python's tokenizers on the archive's file; None without that package."""
    if importlib.util.find_spec("tokenizers") is None:
        return None
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    return lambda texts: tuple(
        Case(t.id, t.group, t.text, {PLAIN: (encoded(tokenizer.encode(t.text)),)}, {})
        for t in texts
    )


def record_tokens(texts: Sequence[Text], folder: Path) -> tuple[tuple[Case, ...], str]:
    """The texts' tokens as Python's tokenizers gives them; without that package, just the texts.

    Returns:
        The cases, without logits and entities, and a note that says what is not compared.
    """
    hint = "pass --reference SOURCE (with djlift[export]) to compare logits and entities of --texts too"
    record = by_tokenizers(folder)
    if record is None:
        cases = tuple(Case(t.id, t.group, t.text, {}, {}) for t in texts)
        return cases, f"--texts: checked for invariance only; {hint}"
    return record(texts), f"--texts: checked for tokens and invariance; {hint}"


def inputs_in(texts: Path, task: Task) -> tuple[str, ...]:
    """What a file holds to run: texts; of a general task its inputs, a JSON object each.

    Raises:
        TextsError: It cannot be read, or holds nothing.
    """
    fields = task.fields if isinstance(task, GeneralTask) else None
    read = read_texts(texts, fields)
    if not any(text.text for text in read):
        raise TextsError(
            "there is nothing to run", code="texts-empty", file=texts, expected="a text a line"
        )
    if fields is None:
        return tuple(text.text for text in read)
    inputs = (given_by(text) or {"text": text.text} for text in read)
    return tuple(json.dumps(one, ensure_ascii=False) for one in inputs)
