"""JSON as RFC 8259 has it and nothing else; ``org.djlift.internal.base.StrictJson`` takes exactly the same."""

from __future__ import annotations

import json
import math
from typing import Any

DEPTH = 32
# Python's own limit for whole numbers; the time to read one grows with its square.
_DIGITS = 4300


def parse(data: bytes) -> Any:
    """Read a JSON text.

    Raises:
        ValueError: Not UTF-8, not JSON, a key that stands twice, NaN or an infinity, half a character, a number
            of more than 4,300 characters, or values nested deeper than 32.
    """
    text = data.decode("utf-8")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_each_once,
            parse_constant=_no_number,
            parse_float=_float,
            parse_int=_int,
        )
    except RecursionError as cause:
        raise ValueError(f"nested deeper than {DEPTH}") from cause
    _refuse_depth(value, DEPTH)
    if "\\u" in text:
        # Only an escape can make half a character, which has no UTF-8.
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key stands twice")
    return data


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _float(text: str) -> float:
    value = float(text)
    if len(text) > _DIGITS or math.isinf(value):
        raise ValueError("a number out of range")
    return value


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _refuse_depth(data: Any, depth: int) -> None:
    # Not a generator per value: a vocabulary has hundreds of thousands of them.
    values = data.values() if type(data) is dict else data if type(data) is list else None
    if values is None:
        return
    if depth == 0:
        raise ValueError(f"nested deeper than {DEPTH}")
    for value in values:
        if type(value) is dict or type(value) is list:
            _refuse_depth(value, depth - 1)
