"""Whether every weight of a loaded model is one that was trained: there, of the model's size, and a number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from djlift.checkpoints.checkpoint import Checkpoint, Head
from djlift.errors import SourceError

Mismatch = tuple[str, Iterable[int], Iterable[int]]
"""The name of a weight, its shape in the checkpoint and in the model."""


def stored_by_adapter(checkpoint: Checkpoint) -> set[str]:
    """The names of whole weights that an adapter brings, as the model has them.

    Raises:
        SourceError: The adapter's weights cannot be read.
    """
    if checkpoint.adapter is None:
        return set()
    from peft.utils.save_and_load import load_peft_weights

    try:
        stored = load_peft_weights(str(checkpoint.adapter.folder), device="cpu")
    except Exception as cause:
        raise SourceError(
            "the adapter's weights cannot be read",
            code="adapter-unreadable",
            file=checkpoint.adapter.folder,
            expected="adapter_model.safetensors, as PEFT writes it",
            found=f"{type(cause).__name__}: {(str(cause).strip().splitlines() or [''])[0]}",
        ) from cause
    return {name.removeprefix("base_model.model.") for name in stored}


def require_trained(
    checkpoint: Checkpoint, head: Head, missing: Iterable[str], mismatched: Iterable[Mismatch]
) -> None:
    """Refuse weights that neither checkpoint nor adapter has, or has for another size: they are random.

    Raises:
        SourceError: There is such a weight.
    """
    brought = stored_by_adapter(checkpoint)
    sizes = sorted(
        (name, tuple(found), tuple(expected))
        for name, found, expected in mismatched
        if name not in brought and not name.startswith(head.unused)
    )
    if sizes:
        raise _other_size(checkpoint, head, *sizes[0])
    absent = {name for name in missing if name not in brought and not name.startswith(head.unused)}
    if absent:
        raise SourceError(
            "the checkpoint has no trained weights for a part of the model",
            code="untrained-weights",
            file=checkpoint.source.folder,
            expected=f"a checkpoint fine-tuned for {head.name.replace('-', ' ')},"
            " or an adapter that brings the head",
            found="absent: " + ", ".join(sorted(absent)[:4]),
            mend="pass --adapter DIR if the head is in a PEFT adapter",
        )


def require_finite(model: Any, folder: Path) -> None:
    """Refuse weights that are infinite or not a number.

    Raises:
        SourceError: The first such tensor is named.
    """
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            count = int((~tensor.isfinite()).sum())
            raise SourceError(
                "a weight is infinite or not a number",
                code="weights-not-finite",
                file=folder,
                expected="finite numbers",
                found=f"{count} of {tensor.numel()} values of {name}",
            )


def require_labels(checkpoint: Checkpoint, head: Head) -> None:
    """Refuse labels that are not texts, numbered from 0, where the head reads them from config.json.

    Raises:
        SourceError: They are something else.
    """
    labels = checkpoint.config.get("id2label")
    if not head.labelled or checkpoint.labels or not labels:
        return
    named = labels if isinstance(labels, Mapping) else {}
    if sorted(map(str, named)) != sorted(map(str, range(len(labels)))):
        code, expected = "labels-numbers", f"the numbers 0 to {len(labels) - 1} as its keys"
        found = ", ".join(map(str, named)) or type(labels).__name__
    else:
        wrong = [f"{n}: {json.dumps(name)}" for n, name in named.items() if type(name) is not str]
        if not wrong:
            return
        code, expected, found = "labels-not-text", "a text for each label", ", ".join(wrong)
    raise SourceError(
        "id2label does not name the labels of the model",
        code=code,
        file=checkpoint.source.folder / "config.json",
        expected=expected,
        found=found[:200],
        mend="correct id2label in config.json, or write 'labels' into a recipe",
    )


def no_labels(checkpoint: Checkpoint, rows: int | None = None) -> SourceError:
    """The error of a checkpoint that names no labels where transformers' default cannot stand in."""
    return SourceError(
        "the checkpoint names no labels",
        code="no-labels",
        file=checkpoint.source.folder / "config.json",
        expected="id2label" + (f" with {rows} labels" if rows else ""),
        found="none",
        mend="write id2label into config.json, or 'labels' into a recipe",
    )


def _other_size(
    checkpoint: Checkpoint, head: Head, name: str, found: tuple[int, ...], expected: tuple[int, ...]
) -> SourceError:
    config = checkpoint.source.folder / "config.json"
    labels = checkpoint.labels or checkpoint.config.get("id2label")
    # Of a head only the first size follows from the labels.
    if head.labelled and found[1:] == expected[1:] and expected[0] == len(labels or (0, 1)):
        if not labels:
            return no_labels(checkpoint, found[0])
        return SourceError(
            "the labels are not as many as the head has outputs",
            code="labels-count",
            file=config,
            expected=f"{found[0]} labels, the rows of {name}",
            found=f"{len(labels)} labels",
            mend="name every label, in id2label of config.json or as 'labels' in a recipe",
        )
    return SourceError(
        "a weight has another size than the configuration says",
        code="weights-size",
        file=config,
        expected=f"{name} of {' x '.join(map(str, expected))}",
        found=" x ".join(map(str, found)),
        mend="take config.json and weights from the same checkpoint",
    )
