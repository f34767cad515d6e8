"""Token types that a tokenizer gives and a model has no embedding for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from djlift.checkpoints.checkpoint import Head
from djlift.errors import SourceError

_TEXT, _PAIR = ("Anna met Tom.",), ("Anna met Tom.", "They talked.")


def fit(tokenizer: Any, model: Any, *, pair: bool) -> bool:
    """Whether the model has an embedding for each token type of a text, or of a pair."""
    count = getattr(model.config, "type_vocab_size", None)
    if not count or "token_type_ids" not in tokenizer.model_input_names:
        return True
    given = tokenizer(*(_PAIR if pair else _TEXT)).get("token_type_ids") or [0]
    return bool(max(given) < count)


def settled(tokenizer: Any, model: Any, head: Head, folder: Path) -> tuple[str, ...]:
    """What is to be said of token types.

    Raises:
        SourceError: The model has none for what the head is always given.
    """
    always = head.takes_pairs and not head.takes_single
    if not fit(tokenizer, model, pair=always):
        raise SourceError(
            "the tokenizer gives token types that the model has no embedding for",
            code="token-types",
            file=folder / "config.json",
            expected="type_vocab_size above every token type",
            found=f"{model.config.type_vocab_size} types for " + ("pairs" if always else "texts"),
            mend="save the checkpoint with the tokenizer that it was trained with",
        )
    if head.takes_pairs and not fit(tokenizer, model, pair=True):
        return (
            "the model has one token type, the tokenizer gives pairs two: single texts are proven",
        )
    return ()
