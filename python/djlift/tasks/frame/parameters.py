"""The parameters of general tasks: what ``--parameter NAME=VALUE`` sets, held against what a task knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from djlift.errors import UsageError, not_listed


@dataclass(frozen=True)
class Parameter:
    """One parameter of a task.

    Attributes:
        form: What it may be, for a person: ``a whole number from 1, or null``.
        good: Whether a value is of that form.
        words: The values, where they are a closed set of words.
    """

    form: str
    good: Callable[[Any], bool]
    words: tuple[str, ...] = ()


def whole(least: int, *, null: bool = False) -> Parameter:
    """A whole number."""
    return Parameter(
        f"a whole number from {least}" + (", or null" if null else ""),
        lambda v: (null and v is None) or (type(v) is int and least <= v < 1 << 31),
    )


def flag() -> Parameter:
    """true or false."""
    return Parameter("true or false", lambda v: type(v) is bool)


def one_of(*values: str) -> Parameter:
    """One of some words."""
    return Parameter(" or ".join(values), lambda v: v in values, values)


def text(*, null: bool = False) -> Parameter:
    """A text."""
    return Parameter(
        "a text" + (", or null" if null else ""),
        lambda v: isinstance(v, str) or (null and v is None),
    )


def texts(*, null: bool = False) -> Parameter:
    """A list of texts, at least one."""
    return Parameter(
        "a list of texts" + (", or null" if null else ""),
        lambda v: (
            (null and v is None)
            or (isinstance(v, list) and bool(v) and all(isinstance(one, str) for one in v))
        ),
    )


def parsed(given: Sequence[str]) -> dict[str, Any]:
    """``NAME=VALUE`` as parameters; a value is JSON, or else a text.

    Raises:
        UsageError: There is no ``=``, or a name stands twice.
    """
    found: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(
                "a parameter cannot be used",
                code="parameter-form",
                expected="NAME=VALUE, such as --parameter top_k=3",
                found=one,
            )
        if name in found:
            raise UsageError(
                f"the parameter '{name}' is given twice",
                code="parameter-twice",
                expected="one value",
            )
        try:
            found[name] = json.loads(value)
        except (ValueError, RecursionError):
            found[name] = value
    return found


def _as_json(value: Any) -> str | None:
    """Python's words for what JSON has others for."""
    words = {"true": "true", "false": "false", "none": "null"}
    meant = words.get(value.lower()) if isinstance(value, str) else None
    return f"did you mean {meant}? A value is JSON, or else a text" if meant else None


def checked(given: Mapping[str, Any], known: Mapping[str, Parameter], task: str) -> dict[str, Any]:
    """The parameters, each of them known and of its form.

    Raises:
        UsageError: One is not.
    """
    for name, value in given.items():
        if name not in known:
            raise not_listed(
                f"{task} has no parameter '{name}'",
                "unknown-parameter",
                name,
                known,
                expected=", ".join(known) or "none",
            )
        if not known[name].good(value):
            raise not_listed(
                f"the parameter '{name}' cannot have this value",
                "parameter-value",
                json.dumps(value, ensure_ascii=False),
                known[name].words,
                expected=known[name].form,
                mend=_as_json(value),
            )
    return dict(given)
