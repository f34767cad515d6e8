"""The JVM's windows in Python's ONNX Runtime: the other side of ``djlift verify --device cuda:N``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from djlift.graph.runtime import fitting
from djlift.jvm.windows import Window


def run(session: Any, cases: Mapping[str, Sequence[Window]]) -> dict[str, list[Window]]:
    """The same windows with the logits that a session gives, each run alone.

    Args:
        cases: Windows by case id; their ids, masks and types are what is fed.
    """
    return {case: [_run(session, w) for w in windows] for case, windows in cases.items()}


def _run(session: Any, window: Window) -> Window:
    if not window.ids.size:
        return window
    values = {
        "input_ids": window.ids[np.newaxis],
        "attention_mask": window.mask[np.newaxis],
        "token_type_ids": window.type_ids[np.newaxis],
    }
    (logits,) = session.run(None, fitting(session, values))
    return replace(window, logits=logits[0])
