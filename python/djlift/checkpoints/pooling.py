"""Classifiers that read their answer at one token of a text: each row of a batch at its own.

transformers' classifiers of the BART and T5 families gather the states at all end-of-sequence tokens of a
batch and reshape them to the batch's rows. With other counts of them in its rows, a batch cannot be run, or a
text is given the state of another one. Decoders are read at the last token that is not the padding of the
configuration, even where the tokenizer pads with another id. A text alone has its own last token: that is the
reference, and what is exported here.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from djlift.errors import SourceError

CLASSES = frozenset(
    f"{name}ForSequenceClassification"
    for name in ("Bart", "BigBirdPegasus", "MBart", "MT5", "Mvp", "PLBart", "T5", "UMT5")
)
"""Of transformers 5.24, all that pool so."""
_LAST = "last_non_pad_token"
"""What transformers' decoders call the token that they are read at."""


def pools_at_end(model: Any) -> bool:
    """Whether a model is one of these classifiers."""
    return any(kind.__name__ in CLASSES for kind in type(model).__mro__)


def require_end(model: Any, tokenizer: Any) -> None:
    """Refuse a tokenizer that writes no end-of-sequence token: there is nothing to pool at.

    Raises:
        SourceError: Its tokens of a text have none.
    """
    if not pools_at_end(model):
        return
    end = model.config.eos_token_id
    ids = tokenizer("Anna met Tom in Paris.")["input_ids"]
    if end not in ids:
        raise SourceError(
            "the model reads its answer at a token that the tokenizer does not write",
            code="no-end-token",
            file="config.json",
            expected=f"eos_token_id {end} among the tokens of a text",
            found=f"the ids {', '.join(map(str, ids[:12]))}",
            mend="save the checkpoint with the tokenizer that it was trained with",
        )


def require_padding(model: Any, auto: str, folder: Path) -> None:
    """Refuse a classifier that takes no batch, for its configuration names no padding.

    Raises:
        SourceError: transformers refuses two rows.
    """
    import torch

    if (
        "SequenceClassification" not in auto
        or model.config.get_text_config().pad_token_id is not None
    ):
        return
    try:
        with torch.no_grad():
            model(input_ids=torch.zeros(2, 2, dtype=torch.int64))
    except ValueError as cause:
        raise SourceError(
            "the classifier takes no batches: its configuration names no padding token",
            code="no-pad-token",
            file=folder / "config.json",
            expected="pad_token_id, and the tokenizer's pad_token with the same id",
            found=str(cause).splitlines()[0][:200],
            mend="save it with model.config.pad_token_id = tokenizer.pad_token_id",
        ) from cause


def takes_padding(model: Any, pad: int | None) -> bool:
    """Whether a model is read at the last token but padding, and takes the tokenizer's ``pad`` for text."""
    own = model.config.get_text_config().pad_token_id
    if own is None or pad is None or own == pad:
        return False
    try:
        return _LAST in inspect.getsource(type(model).forward)
    except (OSError, TypeError):
        return False


@contextlib.contextmanager
def by_row(model: Any, pad: int | None) -> Iterator[None]:
    """Let such a model read each row of a batch at the row's own token; others stay as they are.

    Args:
        pad: The id that the tokenizer fills rows with.
    """
    if pools_at_end(model):
        model.forward = _at_last_end(model)
    elif takes_padding(model, pad):
        model.forward = _with_own_padding(model)
    else:
        yield
        return
    try:
        yield
    finally:
        del model.forward


def _with_own_padding(model: Any) -> Any:
    whole, own = model.forward, model.config.get_text_config().pad_token_id

    def forward(input_ids: Any, attention_mask: Any, **more: Any) -> Any:
        filled = input_ids.masked_fill(attention_mask == 0, own)
        return whole(input_ids=filled, attention_mask=attention_mask, **more)

    return forward


def _at_last_end(model: Any) -> Any:
    import torch
    from transformers.modeling_outputs import SequenceClassifierOutput

    def forward(input_ids: Any, attention_mask: Any, return_dict: bool = True) -> Any:
        body = getattr(model, model.base_model_prefix)
        shift = getattr(model, "_shift_right", None)
        # The T5 family leaves the decoder's tokens to the head, the others to the body.
        more = {"decoder_input_ids": shift(input_ids)} if shift else {}
        states = body(input_ids, attention_mask=attention_mask, **more)[0]
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        # Where the end is the padding too, only what is attended to counts.
        ends = input_ids.eq(model.config.eos_token_id) & attention_mask.bool()
        last = (ends * places).argmax(1)
        rows = last[:, None, None].expand(-1, 1, states.shape[-1])
        logits = model.classification_head(states.gather(1, rows)[:, 0])
        return SequenceClassifierOutput(logits=logits)

    return forward
