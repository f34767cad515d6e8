"""Which built-in texts a general task records where it cannot afford all of them."""

from __future__ import annotations

from collections.abc import Sequence

from djlift.texts import corpus
from djlift.texts.text import LONG, Text


def spread(texts: Sequence[Text], every: int) -> list[Text]:
    """Every so many of the built-in texts, all of the long ones, and all that a user gave.

    For a task that runs its model several times on a text.
    """
    own = {text.id for text in corpus.builtin()}
    return [
        text
        for number, text in enumerate(texts)
        if number % every == 0 or text.group == LONG or text.id not in own
    ]
