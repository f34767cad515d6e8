"""A text that a proof runs on, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONG = "long"
USER = "user"


@dataclass(frozen=True)
class Text:
    """One text of a corpus.

    Attributes:
        id: Unique in its corpus.
        group: What kind of text it is; reports are made by group.
        text: The text itself, possibly empty; never with a lone surrogate.
    """

    id: str
    group: str
    text: str


@dataclass(frozen=True)
class Given(Text):
    """An input of another task than token classification, as a user gave it.

    Attributes:
        text: What is shown of it.
        given: The input, as JSON data.
    """

    given: Mapping[str, Any]


def given_by(text: Text) -> Mapping[str, Any] | None:
    """The input that a user gave; None leaves it to a task to make one of the text."""
    return text.given if isinstance(text, Given) else None
