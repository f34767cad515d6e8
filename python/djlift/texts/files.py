"""The one reader of files of texts: for predict, verify, bench, build and calibrate alike.

The first line that is not blank decides what a file is. A JSON object, or what can only be meant as one, makes
every line one; so does a name ending in ``.jsonl``. A JSON array and a table are refused: their lines are no
texts. Any other file is a text a line.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from djlift.base.display import ascii_only
from djlift.base.files import LFS_PULL, POINTER
from djlift.errors import TextsError

_JSON_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")
_OWN = ("id", "group")
# What can only be meant as JSON, whole or broken: {"text", {'text', {} and a { alone; not {a}.
_OBJECT = re.compile(r"""\s*\{\s*(["']|\}\s*$|$)""")
_ARRAY = re.compile(r'\s*\[\s*(\{\s*"|"|$)')
_COLUMNS = frozenset(
    ["text", "sentence", "tweet", "review", "question", "context", "query", "premise", "hypothesis"]
)


@dataclass(frozen=True)
class Fields:
    """The fields of a task's input.

    Attributes:
        needed: Those that it must have.
        more: Those that it may have. Others are left out; ``id`` and ``group`` stand apart.
    """

    needed: tuple[str, ...] = ("text",)
    more: tuple[str, ...] = ()


TEXT = Fields()


@dataclass(frozen=True)
class Line:
    """A line of a file of texts.

    Attributes:
        number: From 1.
        text: The line as it stands, without its end.
        given: The task's input; None where the line is a bare text.
        own: ``id`` and ``group``, where the line has them.
    """

    number: int
    text: str
    given: Mapping[str, Any] | None
    own: Mapping[str, Any]


class BadTexts(TextsError, ValueError):
    """A line of a file of texts is not what it should be."""


def read(lines: Iterable[bytes], name: str, fields: Fields = TEXT) -> Iterator[Line]:
    r"""Read the lines of a file, each as it is needed.

    Lines end at ``\n`` only, and one ``\r`` before it is dropped; a byte order mark at the start is dropped.

    Args:
        lines: As a binary file gives them.
        name: Of the file, for errors and for its ending.
        fields: What a JSON line holds. Only an input that needs no more than ``text`` may be a bare text.

    Raises:
        BadTexts: A line is not UTF-8 or not what the first one promised, or the file is an array or a table.
    """
    bare = fields.needed == ("text",)
    demanded = name.lower().endswith(_JSON_LINES)
    as_json: bool | None = None
    blank: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        text = decoded(line, name, number)
        if as_json is None and not text.strip():
            blank.append((number, text))
            continue
        if as_json is None:
            as_json = demanded or _OBJECT.match(text) is not None
            if not as_json:
                _refuse_table(text, name, number)
            _refuse_array(text, name, number)
            as_json = as_json or not bare
            yield from (_line(*before, name, fields, as_json) for before in blank)
        yield _line(number, text, name, fields, as_json)
    if as_json is None:
        yield from (_line(*before, name, fields, demanded or not bare) for before in blank)


def _line(number: int, text: str, name: str, fields: Fields, as_json: bool) -> Line:
    if not as_json:
        return Line(number, text, None, {})
    found, why = _object(text, fields)
    if found is None:
        raise unusable(name, number, why, fields)
    given = {key: found[key] for key in (*fields.needed, *fields.more) if key in found}
    return Line(number, text, given, {key: found[key] for key in _OWN if key in found})


def unusable(name: str, number: int, found: str, fields: Fields = TEXT) -> BadTexts:
    """The refusal of a JSON line."""
    return BadTexts(
        "a line is not a JSON object with the fields of an input",
        code="texts-line",
        file=f"{name}, line {number}",
        expected="{" + ", ".join(f'"{key}": "..."' for key in fields.needed) + "}",
        found=found,
    )


def lone_surrogate(key: str, value: Any) -> str | None:
    """What is wrong with a value that holds half a character, which no JVM or file can carry."""
    lone = re.search("[\ud800-\udfff]", json.dumps(value, ensure_ascii=False))
    return f"{key!r} with the lone surrogate U+{ord(lone[0]):04X}" if lone else None


def _object(line: str, fields: Fields) -> tuple[dict[str, Any] | None, str]:
    """The object of a line; or None, and what was found instead."""
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None, ascii_only(line)
    if not isinstance(data, dict) or any(key not in data for key in fields.needed):
        return None, ascii_only(line)
    for key in fields.needed:
        listed = isinstance(data[key], list) and key != "text"
        if not (isinstance(data[key], str) or listed):
            return None, f"{key!r} is a Python {type(data[key]).__name__}, not a string"
    lone = (lone_surrogate(key, data.get(key)) for key in (*fields.needed, *fields.more))
    why = next((one for one in lone if one), "")
    return (None if why else data), why


def decoded(line: bytes, name: str, number: int) -> str:
    r"""Read one line of a text file, without its end, ``\n`` or ``\r\n``, and the file's byte order mark.

    Args:
        number: From 1.

    Raises:
        BadTexts: It is not UTF-8, or the file is a pointer of Git LFS.
    """
    if number == 1:
        line = line.removeprefix(BOM_UTF8)
        if line.startswith(POINTER):
            raise BadTexts(
                "the file is a pointer of Git LFS, not the texts themselves",
                code="git-lfs-pointer",
                file=name,
                mend=LFS_PULL,
            )
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise BadTexts(
            "the texts are not UTF-8",
            code="texts-not-utf8",
            file=f"{name}, line {number}",
            expected="UTF-8",
            found=f"the byte 0x{line[cause.start]:02x} at byte {cause.start + 1} of the line",
        ) from cause


def _refuse_array(line: str, name: str, number: int) -> None:
    if _ARRAY.match(line):
        raise BadTexts(
            "a JSON array is no file of texts",
            code="texts-array",
            file=f"{name}, line {number}",
            expected='a text a line, or {"text": "..."} a line',
            found=ascii_only(line),
            mend="write an object a line: jq -c '.[]' texts.json > texts.jsonl",
        )


def _refuse_table(line: str, name: str, number: int) -> None:
    """Refuse a table: by the file's name, or by a first line that can only be names of columns."""
    header = [field.strip('"').lower() for field in re.split("[,;\t]", line)]
    named = (
        len(header) > 1
        and not _COLUMNS.isdisjoint(header)
        and all(re.fullmatch(r"\w*", field) for field in header)
    )
    if named or name.lower().endswith(_TABLES):
        raise BadTexts(
            "a table is no file of texts",
            code="texts-table",
            file=f"{name}, line {number}",
            expected='a text a line, or {"text": "..."} a line',
            found=ascii_only(line),
            mend="write the table as JSON lines: pandas.read_csv(FILE).to_json('texts.jsonl',"
            " orient='records', lines=True)",
        )
