"""One run of a model over a text: its tokens, and the graph's outputs as a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

PLAIN = "plain"
"""Key of the call without stride: truncated at the model's limit, one window."""


@dataclass(frozen=True, eq=False)
class Window:
    """One run of the model over a text, or over a part of a long one; padding is stripped.

    Attributes:
        ids, type_ids, special: int64, shape (tokens,).
        offsets: int64, shape (tokens, 2), code points; (0, 0) for special tokens.
        logits: float32, the graph's outputs, shape (rows, columns): a row for each token, or one for the text,
            or one for each of ``rows``. Shape (0, 0) where they were not recorded.
        rows: The tokens whose outputs are in ``logits``, where it is not all of them. Known to whoever records;
            the files do not hold it.
    """

    ids: NDArray[np.int64]
    type_ids: NDArray[np.int64]
    special: NDArray[np.int64]
    offsets: NDArray[np.int64]
    logits: NDArray[np.float32]
    rows: NDArray[np.int64] | None = None

    def without_logits(self) -> Window:
        """The same window, its outputs not recorded."""
        return replace(self, logits=np.zeros((0, 0), dtype=np.float32), rows=None)


def stacked(outputs: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """All outputs of a run as one array, shape (batch, rows, columns).

    An answer for each token (batch, tokens, columns) stays as it is; one for each text (batch, columns) is a
    single row; two for each token (batch, tokens), the starts and the ends of answers, become two columns.

    Raises:
        ValueError: They are of none of these shapes.
    """
    ranks = [output.ndim for output in outputs]
    if ranks == [3]:
        return outputs[0]
    if ranks == [2]:
        return outputs[0][:, np.newaxis, :]
    if ranks == [2, 2] and outputs[0].shape == outputs[1].shape:
        return np.stack(outputs, axis=-1)
    raise ValueError(f"outputs of shapes {[o.shape for o in outputs]}")


def of_window(
    row: NDArray[np.float32], tokens: int, rows: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """The part of a padded row of :func:`stacked` that belongs to a window.

    Args:
        tokens: Tokens of the window; padding follows them.
        rows: The tokens that count; None for all.
    """
    if row.shape[0] == 1:
        # One row for the text, or for its only token.
        return row
    return row[:tokens] if rows is None else row[rows]
