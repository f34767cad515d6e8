"""Steps that tasks have in common: running the reference's model, windows, JSON numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Answered, PaddedBatch
from djlift.archive.windows import PLAIN, Window, stacked
from djlift.checkpoints.loading import Loaded, input_names
from djlift.texts.text import USER, Text, given_by

_PADDED_ROWS = 6
_PADDED_TOKENS = 64


def piped(kind: Any, loaded: Loaded) -> Any:
    """A pipeline of transformers over a loaded model, where the model is: by itself it takes a GPU.

    Args:
        kind: The pipeline's class.
    """
    return kind(model=loaded.model, tokenizer=loaded.tokenizer, device=loaded.model.device)


def brought(text: Text) -> bool:
    """Whether a user brings a text: such a one is always recorded."""
    return text.group == USER or given_by(text) is not None


def padded(tokenizer: Any, cases: Sequence[Answered]) -> PaddedBatch:
    """Some short cases of one window each, padded by the tokenizer."""
    single = [c for c in cases if len(c.windows[PLAIN]) == 1]
    fit = [c for c in single if 0 < len(c.windows[PLAIN][0].ids) <= _PADDED_TOKENS]
    if tokenizer.pad_token_id is None or not fit:
        return PaddedBatch((), {})
    fit.sort(key=lambda c: len(c.windows[PLAIN][0].ids))
    step = max(1, len(fit) // _PADDED_ROWS)
    chosen = fit[::step][:_PADDED_ROWS]
    rows = [c.windows[PLAIN][0] for c in chosen]
    batch = tokenizer.pad(
        {
            "input_ids": [w.ids.tolist() for w in rows],
            "token_type_ids": [w.type_ids.tolist() for w in rows],
            "attention_mask": [[1] * len(w.ids) for w in rows],
        },
        padding=True,
    )
    return PaddedBatch(
        tuple(c.id for c in chosen),
        {name: tuple(tuple(map(int, row)) for row in batch[name]) for name in batch},
    )


def rounded(value: Any) -> Any:
    """JSON data with its floats as short as float32 allows: nine digits carry all of one."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return value


def encoded(encoding: Any, logits: NDArray[np.float32] | None = None) -> Window:
    """A window from one encoding of a fast tokenizer, padding left out.

    Args:
        encoding: A ``tokenizers.Encoding``.
        logits: float32, shape (rows, columns).
    """
    real = np.asarray(encoding.attention_mask, dtype=bool)
    if logits is None:
        logits = np.zeros((0, 0), dtype=np.float32)
    return Window(
        ids=np.asarray(encoding.ids, dtype=np.int64)[real],
        type_ids=np.asarray(encoding.type_ids, dtype=np.int64)[real],
        special=np.asarray(encoding.special_tokens_mask, dtype=np.int64)[real],
        offsets=np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)[real],
        logits=logits,
    )


def run_model(loaded: Loaded, encodings: Iterable[Any]) -> NDArray[np.float32]:
    """The graph's outputs of encodings of one length, from PyTorch: float32, shape (batch, rows, columns)."""
    import torch

    listed = list(encodings)
    values = {
        "input_ids": [e.ids for e in listed],
        "attention_mask": [e.attention_mask for e in listed],
        "token_type_ids": [e.type_ids for e in listed],
    }
    if loaded.session is not None:
        wanted = [i.name for i in loaded.session.get_inputs()]
        fed = {name: np.asarray(values[name], dtype=np.int64) for name in wanted}
        return stacked(loaded.session.run(None, fed))
    given = {name: torch.tensor(values[name], dtype=torch.int64) for name in input_names(loaded)}
    with torch.no_grad():
        found = loaded.run(loaded.model, given)
    return stacked([np.asarray(f.float().numpy(), dtype=np.float32) for f in found])
