"""Releases of Python's ``tokenizers`` that lose text: 0.23.1 and 0.23.2 make two windows of any long one."""

from __future__ import annotations

import importlib.metadata

from djlift.errors import SourceError

_WORDS, _ROOM = 12, 4


def require_whole() -> None:
    """Refuse a release with which windows would not cover the text: a reference made with it would be wrong.

    Raises:
        SourceError: The installed one is such a release.
    """
    found = covered()
    if found != _WORDS:
        raise SourceError(
            f"tokenizers {importlib.metadata.version('tokenizers')} loses text",
            code="tokenizers-version",
            expected=f"windows that cover a text of {_WORDS} words",
            found=f"windows of {found} of them",
            mend="pip install --upgrade tokenizers",
        )


def covered() -> int:
    """How many words of a text of ``_WORDS`` are in one of its windows."""
    return len({word for window in _cut(_WORDS, _ROOM) for word in window})


def _cut(words: int, room: int) -> list[list[int]]:
    """The numbers of the words in each window."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    names = [str(number) for number in range(words)]
    tokenizer = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, names[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.enable_truncation(room, stride=1)
    first = tokenizer.encode(" ".join(names))
    return [list(window.ids) for window in (first, *first.overflowing)]
