"""What the JVM did with a text, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Window:
    """One run of the model over a text, or over a part of a long one; padding is stripped.

    Attributes:
        ids, type_ids, mask, special: int64, shape (tokens,).
        offsets: int32, shape (tokens, 2), code points; (0, 0) for special tokens.
        logits: float32, shape (tokens, labels); of a general task the graph's outputs, (rows, columns).
    """

    ids: NDArray[np.int64]
    type_ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    special: NDArray[np.int64]
    offsets: NDArray[np.int32]
    logits: NDArray[np.float32]


def windows(flat: Any, columns: int, rows: Sequence[int] | None = None) -> list[list[Window]]:
    """Cut the flat arrays of some traces into the windows of each text; views, not copies.

    Args:
        flat: The bridge's ``Harness.Flat``.
        columns: Outputs per row: labels.
        rows: Rows of each window; None for one a token.
    """
    # np.array of a Java array is one copy of memory; list() would make a Python object per element.
    per_text = np.array(flat.windowsPerText).tolist()
    per_window = np.array(flat.tokensPerWindow).tolist()
    ids, types, mask, special = (
        np.array(part)
        for part in (flat.ids, flat.typeIds, flat.attentionMask, flat.specialTokensMask)
    )
    offsets = np.stack([np.array(flat.starts), np.array(flat.ends)], axis=1)
    logits = np.array(flat.logits).reshape(-1, columns)
    cut: list[Window] = []
    at, row = 0, 0
    for tokens, count in zip(per_window, per_window if rows is None else rows, strict=True):
        part, own = slice(at, at + tokens), slice(row, row + count)
        cut.append(
            Window(ids[part], types[part], mask[part], special[part], offsets[part], logits[own])
        )
        at, row = at + tokens, row + count
    remaining = iter(cut)
    return [[next(remaining) for _ in range(count)] for count in per_text]
