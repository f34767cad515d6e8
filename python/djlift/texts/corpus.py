"""The texts that parity is proven on: the built-in corpus, and files of texts that a user brings.

``texts.jsonl`` beside this module holds the short texts, one JSON object a line in ASCII, so that
every odd character shows as an escape. They were written for djlift; the news in them is invented.
The long texts are composed of them here, the same way every time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import cycle, islice
from pathlib import Path

from djlift.errors import TextsError
from djlift.texts import files as texts_files
from djlift.texts.files import BadTexts, Fields, Line
from djlift.texts.text import LONG, USER, Given, Text

FILE = "texts.jsonl"

# Words, the news text to begin with (0-based), what stands between two news texts.
_JOINED = (
    (100, 0, " "),
    (200, 7, "\n"),
    (300, 19, " "),
    (350, 40, " "),
    (400, 10, "\n"),
    (450, 50, " "),
    (1000, 60, " "),
    (1500, 15, "\n\n"),
    (2000, 0, " "),
)
# Words that are one word-piece each in BERT's vocabularies, with or without case: 510 of them and
# the two special tokens make 512 tokens exactly.
_ONE_PIECE = ("the", "man", "from", "London", "met", "a", "woman", "of", "Paris", "in", "Germany")
_EDGES = (509, 510, 511)
_UNBROKEN = 4000


@cache
def builtin() -> tuple[Text, ...]:
    """The built-in corpus: the texts of ``texts.jsonl`` in order, then the group ``long``.

    The long texts begin with news joined and cut after 100, 200, 300, 350, 400, 450, 511, 512, 513,
    700, 1000, 1500 and 2000 words; a word is a run without white space. Then come 509, 510 and 511
    words of one word-piece each, so that a limit of 512 tokens is met exactly; all tweets; 4,000
    characters without white space, once as one word, once as hyphenated names and once in Chinese
    and Japanese; and the texts of all scripts.
    """
    resource = files("djlift.texts") / FILE
    texts = _texts(resource.read_bytes(), FILE)
    return (*texts, *_long(texts))


def read_texts(path: Path, fields: Fields | None = None) -> tuple[Text, ...]:
    """Read a user's texts, as :mod:`djlift.texts.files` has it for every command.

    A JSON line may have an ``id`` and a ``group``, too. Where the file does not say otherwise, the group is
    ``user`` and the id ``user-`` and the line number, counted from 1, in five digits.

    Args:
        path: The file, in UTF-8.
        fields: What an input of a task holds; None reads ``text`` alone.

    Raises:
        ValueError: A line cannot be used, or repeats an id. The error names the file, the line and what was
            found. It is a :class:`BadTexts`, so a :class:`~djlift.errors.TextsError` too.
        TextsError: The file cannot be read at all.
    """
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise TextsError(
            "the texts cannot be read",
            code="texts-unreadable",
            file=path,
            expected="a file",
            found=cause.strerror,
        ) from cause
    return _texts(data, str(path), fields)


def _texts(data: bytes, name: str, fields: Fields | None = None) -> tuple[Text, ...]:
    texts: dict[str, Text] = {}
    for line in texts_files.read(io.BytesIO(data), name, fields or texts_files.TEXT):
        for key, value in line.own.items():
            wrong = texts_files.lone_surrogate(key, value)
            if not isinstance(value, str):
                wrong = f"{key!r} is a Python {type(value).__name__}, not a string"
            if wrong or not value:
                raise texts_files.unusable(name, line.number, wrong or f"{key!r} is empty")
        text = _text(line, fields)
        if text.id in texts:
            raise BadTexts(
                "two lines have the same id",
                code="texts-id-twice",
                file=f"{name}, line {line.number}",
                expected="an id of its own",
                found=f"the id {text.id!r}, which line {list(texts).index(text.id) + 1} has already",
            )
        texts[text.id] = text
    return tuple(texts.values())


def _text(line: Line, fields: Fields | None) -> Text:
    own = {"id": f"{USER}-{line.number:05d}", "group": USER, **line.own}
    if line.given is None:
        return Text(**own, text=line.text)
    if fields is None:
        return Text(**own, text=line.given["text"])
    shown = " | ".join(str(line.given[key]) for key in fields.needed)
    return Given(**own, text=shown, given=line.given)


def _long(texts: Sequence[Text]) -> tuple[Text, ...]:
    of = {
        group: [t.text for t in texts if t.group == group]
        for group in ("news", "tweets", "scripts")
    }
    east = [t for t in of["scripts"] if re.match("[\u3041-\u30ff\u4e00-\u9fff]", t)]
    composed = [
        *(_cut(_turned(of["news"], first), between, words) for words, first, between in _JOINED),
        *(" ".join(islice(cycle(_ONE_PIECE), words)) for words in _EDGES),
        " ".join(of["tweets"]),
        _repeated("Donaudampfschifffahrtsgesellschaft"),
        _repeated("Berlin-Paris-Maria-Smith-Jones-"),
        _repeated("".join(east)),
        "\n".join(of["scripts"]),
    ]
    return tuple(Text(f"{LONG}-{n:03d}", LONG, text) for n, text in enumerate(composed, 1))


def _turned(texts: Sequence[str], first: int) -> list[str]:
    return [*texts[first:], *texts[:first]]


def _cut(texts: Sequence[str], between: str, words: int) -> str:
    """The texts joined, over and over if need be, and cut behind so many words."""
    joined = ""
    for text in cycle(texts):
        joined += text
        found = list(islice(re.finditer(r"\S+", joined), words))
        if len(found) == words:
            return joined[: found[-1].end()]
        joined += between
    raise AssertionError("unreachable: there are news")


def _repeated(part: str) -> str:
    return (part * (_UNBROKEN // len(part) + 1))[:_UNBROKEN]
