"""The texts that parity is proven on: the built-in corpus, and files of texts that a user brings.

``texts.jsonl`` beside this module holds the short texts, one JSON object a line in ASCII, so that
every odd character shows as an escape. They were written for djlift; the news in them is invented.
The long texts are composed of them here, the same way every time.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from djlift.errors import TextsError

FILE = "texts.jsonl"
LONG = "long"
USER = "user"

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
_SHOWN = 80


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


class BadTexts(TextsError, ValueError):
    """A line of a file of texts is not what it should be."""


@cache
def builtin() -> tuple[Text, ...]:
    """The built-in corpus: the texts of ``texts.jsonl`` in order, then the group ``long``.

    The long texts begin with news joined and cut after 100, 200, 300, 350, 400, 450, 511, 512, 513,
    700, 1000, 1500 and 2000 words; a word is a run without white space. Then come 509, 510 and 511
    words of one word-piece each, so that a limit of 512 tokens is met exactly; all tweets; 4,000
    characters without white space, once as one word, once as hyphenated names and once in Chinese
    and Japanese; and the texts of all scripts.
    """
    resource = files(__name__) / FILE
    texts = _from_json(resource.read_bytes(), FILE)
    return (*texts, *_long(texts))


def read_texts(path: Path, keys: Sequence[str] | None = None) -> tuple[Text, ...]:
    r"""Read a user's texts.

    A file whose name ends in ``.jsonl`` holds a JSON object a line, with ``text`` and, if wanted,
    ``id`` and ``group``; other keys are ignored. Any other file is a text a line. Lines end at
    ``\n`` only, and one ``\r`` before it is dropped; every other line separator is part of the text.
    A byte order mark at the start is dropped. An empty line of a text file is an empty text. Where
    the file does not say otherwise, the group is ``user`` and the id ``user-`` and the line number,
    counted from 1, in five digits.

    Args:
        path: The file, in UTF-8.
        keys: The fields that a JSON line must have for a task, and that are its input with all others but
            ``id`` and ``group``; None reads ``text`` alone. A text file is for tasks that need a text only.

    Raises:
        ValueError: A line is not UTF-8, is not such an object, holds a lone surrogate, or repeats
            an id. The error names the file, the line and what was found. It is a
            :class:`BadTexts`, so a :class:`~djlift.errors.TextsError` too.
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
    if path.suffix.lower() == ".jsonl":
        return _from_json(data, str(path), keys)
    if keys is not None and list(keys) != ["text"]:
        raise TextsError(
            "the inputs of this task are JSON lines",
            code="texts-not-json-lines",
            file=path,
            expected=f"a file named .jsonl, with {', '.join(keys)} on each line",
            found="another name",
        )
    return tuple(Text(_id(n), USER, line) for n, line in _lines(data, str(path)))


def given_by(text: Text) -> Mapping[str, Any] | None:
    """The input that a user gave; None leaves it to a task to make one of the text."""
    return text.given if isinstance(text, Given) else None


def _id(number: int) -> str:
    return f"{USER}-{number:05d}"


def _lines(data: bytes, name: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, from 1; white space that is not the line's end stays."""
    lines = data.removeprefix(BOM_UTF8).split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            yield number, line.removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError as cause:
            raise BadTexts(
                "the texts are not UTF-8",
                code="texts-not-utf8",
                file=f"{name}, line {number}",
                expected="UTF-8",
                found=f"the byte 0x{line[cause.start]:02x} at byte {cause.start + 1} of the line",
            ) from cause


def _from_json(data: bytes, name: str, keys: Sequence[str] | None = None) -> tuple[Text, ...]:
    texts: list[Text] = []
    lines: dict[str, int] = {}
    for number, line in _lines(data, name):
        text, found = _text(line, number) if keys is None else _given(line, number, keys)
        if text is not None and text.id in lines:
            found = f"the id {text.id!r}, which line {lines[text.id]} has already"
            text = None
        if text is None:
            raise BadTexts(
                "a line is not a JSON object with a text",
                code="texts-line",
                file=f"{name}, line {number}",
                expected="{"
                + ", ".join(f'"{key}": "..."' for key in keys or ("text",))
                + '}, and if wanted an "id" of its own and a "group"',
                found=found,
            )
        lines[text.id] = number
        texts.append(text)
    return tuple(texts)


def _text(line: str, number: int) -> tuple[Text | None, str]:
    """The text of a JSON line; or None, and what was found instead."""
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None, _short(line)
    if not isinstance(data, dict) or "text" not in data:
        return None, _short(line)
    fields = {"id": _id(number), "group": USER} | {
        key: data[key] for key in ("id", "group", "text") if key in data
    }
    for key, value in fields.items():
        if not isinstance(value, str):
            return None, f"{key!r} is a Python {type(value).__name__}, not a string"
        if not value and key != "text":
            return None, f"{key!r} is empty"
        lone = re.search("[\ud800-\udfff]", value)
        if lone:
            return None, f"{key!r} with the lone surrogate U+{ord(lone[0]):04X}"
    return Text(**fields), ""


def _given(line: str, number: int, keys: Sequence[str]) -> tuple[Text | None, str]:
    """The input of a JSON line; or None, and what was found instead."""
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None, _short(line)
    if not isinstance(data, dict) or any(key not in data for key in keys):
        return None, _short(line)
    name, group = data.pop("id", _id(number)), data.pop("group", USER)
    if not all(isinstance(value, str) and value for value in (name, group)):
        return None, "'id' or 'group' is no text, or empty"
    if re.search("[\ud800-\udfff]", json.dumps(data, ensure_ascii=False)):
        return None, "a lone surrogate"
    return Given(name, group, " | ".join(str(data[key]) for key in keys), data), ""


def _short(line: str) -> str:
    if not line.strip():
        return "an empty line"
    # As escapes: what cannot be seen may be what is wrong.
    return ascii(line[:_SHOWN]) + ("..." if len(line) > _SHOWN else "")


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
