"""Texts that a user adds to a verification, and the reference's side of them."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from djlift import tasks
from djlift.checkpoint import Loaded
from djlift.corpus import Text, given_by, read_texts
from djlift.errors import SourceError, TextsError
from djlift.golden import Case
from djlift.manifest import Manifest
from djlift.recipe import TRANSFORMERS, Recipe
from djlift.task import GeneralTask, Task
from djlift.task_steps import encoded
from djlift.tasks import task_of
from djlift.windows import PLAIN

Recorder = Callable[[Sequence[Text]], tuple[Case, ...]]
"""Gives the reference's side of texts, in order."""


def renamed(texts: Sequence[Text]) -> tuple[Text, ...]:
    """The user's texts under ids that no golden case has."""
    return tuple(replace(text, id=f"more-{number:06d}") for number, text in enumerate(texts, 1))


def by_reference(manifest: Manifest, recipe: Recipe) -> Recorder:
    """A recorder of the checkpoint the archive was made of, loaded once.

    Raises:
        MissingExtra: torch is not installed.
        SourceError: The checkpoint's weights are not the archive's.
    """
    loaded = loaded_reference(manifest, recipe)
    return lambda texts: task_of(loaded).record(loaded, texts).cases


def loaded_reference(manifest: Manifest, recipe: Recipe, *, fixed_sums: bool = True) -> Loaded:
    """The checkpoint that an archive was made of, in memory.

    Args:
        fixed_sums: As :func:`djlift.loading.load` has it.

    Raises:
        MissingExtra: torch is not installed.
        SourceError: The checkpoint's weights are not the archive's.
    """
    from djlift.checkpoint import find
    from djlift.loading import load

    checkpoint = find(
        recipe,
        allow_pickle=bool(manifest.source.get("pickle")),
        trust_remote_code=bool(manifest.source.get("remote_code")),
    )
    stated = dict(manifest.source.get("weights", {}))
    if dict(checkpoint.weights) != stated:
        differing = sorted(
            name
            for name in stated.keys() | checkpoint.weights.keys()
            if stated.get(name) != checkpoint.weights.get(name)
        )
        raise SourceError(
            "the reference is not the checkpoint that the archive was made of",
            code="other-weights",
            file=checkpoint.source.folder,
            expected="the weights whose SHA-256 the manifest names",
            found="other bytes in " + ", ".join(differing),
        )
    task = tasks.of(manifest.task)
    if isinstance(task, GeneralTask):
        recipe = recipe.with_options(parameters=dict(task.built_with(manifest.model)))
    # Archives that name none were made with what transformers gives.
    chosen = str(manifest.source.get("tokenizer") or TRANSFORMERS)
    recipe = recipe.with_options(tokenizer=chosen)
    return load(checkpoint, task, recipe, fixed_sums=fixed_sums)


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
