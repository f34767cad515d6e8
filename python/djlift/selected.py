"""Which built-in texts a general task records: those it can afford, and whose outputs hang on no last bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from djlift import corpus
from djlift.corpus import Text
from djlift.golden import Case, Golden, Window

CLEAR = 1e-4
"""Logits further apart than this keep their order in fp32, whatever computes them."""


def spread(texts: Sequence[Text], every: int) -> list[Text]:
    """Every so many of the built-in texts, all of the long ones, and all that a user gave.

    For a task that runs its model several times on a text.
    """
    own = {text.id for text in corpus.builtin()}
    return [
        text
        for number, text in enumerate(texts)
        if number % every == 0 or text.group == corpus.LONG or text.id not in own
    ]


def roomy(golden: Golden) -> Golden:
    """With the text of a case padded where what it was run on is longer, with a prompt or in a template.

    Offsets of tokens are held against the text that a case shows.
    """
    return replace(golden, cases=tuple(_roomy(case) for case in golden.cases))


def _roomy(case: Case) -> Case:
    ends = [int(w.offsets.max(initial=0)) for found in case.windows.values() for w in found]
    return replace(case, text=case.text.ljust(max(ends, default=0)))


def decided(golden: Golden, clear: Callable[[Sequence[Window]], bool]) -> Golden:
    """Without the cases of built-in texts whose order hangs on the last bits; a user's all stay.

    Args:
        clear: Whether the windows of one way to call the model decide. Those of a single window must.
    """
    own = {text.id for text in corpus.builtin()}
    return replace(
        golden,
        cases=tuple(
            case
            for case in golden.cases
            if case.id not in own or all(clear(windows) for windows in case.windows.values())
        ),
    )
