"""Texts for ``djlift predict``: lines or JSON lines, and a bad one is named."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djlift.errors import TextsError
from djlift.predict import texts_of


def texts(data: bytes) -> list[str]:
    """The texts of a file of these bytes."""
    return list(texts_of(io.BytesIO(data), "in.txt"))


def refused(data: bytes) -> TextsError:
    """Reading fails with an error of the texts, exit code 2."""
    with pytest.raises(TextsError) as raised:
        texts(data)
    assert raised.value.exit_code == 2
    return raised.value


def test_lines() -> None:
    """A text per line, an empty line included; the last line needs no end."""
    assert texts(b"Anna\n\nTom") == ["Anna", "", "Tom"]
    assert texts(b"Anna\nTom\n") == ["Anna", "Tom"]


def test_nothing() -> None:
    """An empty file has no texts; an empty line is one."""
    assert texts(b"") == []
    assert texts(b"\n") == [""]


def test_windows_line_ends() -> None:
    """CRLF ends a line; a carriage return within stays, and blanks at the ends stay."""
    assert texts(b"Anna\r\nTo\rm\r\n") == ["Anna", "To\rm"]
    assert texts(b"  Anna \t\n") == ["  Anna \t"]


def test_other_separators_stay() -> None:
    """Only a line feed ends a line: the separators of Unicode belong to the text."""
    line = "a\u2028b\x0bc\x85d\u2029e"
    assert texts(f"{line}\nTom\n".encode()) == [line, "Tom"]


def test_json_lines() -> None:
    """Objects with ``text`` give that text, whatever else they hold."""
    data = b'{"text": "Anna\\nmet Tom", "id": 7}\r\n{"id": 8, "text": ""}\n'
    assert texts(data) == ["Anna\nmet Tom", ""]


def test_json_lines_with_a_byte_order_mark() -> None:
    """A byte order mark, as Windows writes it, does not turn JSON lines into plain ones."""
    assert texts(b'\xef\xbb\xbf{"text": "Anna"}\n{"text": "Tom"}\n') == ["Anna", "Tom"]
    assert texts(b"\xef\xbb\xbfAnna\n") == ["Anna"]


@pytest.mark.parametrize("line", ["{a}", "[1]", "1", "null", '"Anna"', "[" * 10**5])
def test_first_line_is_plain(line: str) -> None:
    """A first line that is no object with a text makes every line a plain one."""
    assert texts(f'{line}\n{{"text": "Anna"}}\n'.encode()) == [line, '{"text": "Anna"}']


@pytest.mark.parametrize(
    "line", ["Anna", "", "{", "[]", "{}", '{"text": null}', '{"texts": "a"}', "[" * 10**5]
)
def test_bad_json_line(line: str) -> None:
    """A line that is not what the first line promised is named."""
    error = refused(f'{{"text": "Anna"}}\n{{"text": "Tom"}}\n{line}\n'.encode())
    assert error.file == "in.txt, line 3"
    assert error.expected == '{"text": "..."}'
    assert len(str(error.found)) <= 70


@pytest.mark.parametrize("first", ["Anna", '{"text": "Anna"}'])
def test_not_utf8(first: str) -> None:
    """A line that is not UTF-8 is named."""
    assert refused(first.encode() + b"\nTom\xff\n").file == "in.txt, line 2"


def test_lone_surrogate() -> None:
    """A JSON text with half a character, which no JVM or file can carry, is named."""
    assert refused(b'{"text": "Anna"}\n{"text": "\\ud800"}\n').file == "in.txt, line 2"


def test_lazy() -> None:
    """Lines are read as they are needed: an endless input is no trouble."""

    def endless() -> Iterator[bytes]:
        while True:
            yield b"Anna\n"

    found = texts_of(endless(), "-")
    assert [next(found), next(found)] == ["Anna", "Anna"]


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]))))
def test_any_text_survives_as_json(drawn: list[str]) -> None:
    """Any texts written as JSON lines are read back as they were."""
    data = "".join(json.dumps({"text": text}) + "\n" for text in drawn)
    assert texts(data.encode()) == drawn


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{"text": null}\n', 1),
        (b'{"sentence": "a"}\n{"text": "b"}\n', 1),
        (b'\n{"text": "a"}\n', 1),
        (b'{"text": "\\ud83d"}\n', 1),
        (b'{"text": "a"\n', 1),
        (b"{'text': 'a'}\n", 1),
        (b'{\n  "text": "a"\n}\n', 1),
        (b"{}\n", 1),
        (b"\xef\xbb\xbf[\n", 1),
        (b"\n \nid,text\n", 3),
        (b",sentence;label\n", 1),
        (b"sentence\tlabel\n", 1),
        (b'["a", "b"]\n', 1),
        (b'[{"text": "a"}]\n', 1),
        (b"id,text\n1,a\n", 1),
        (b'{"text": "a"}\nb\n', 2),
    ],
)
def test_what_is_no_text_is_never_read_as_one(data: bytes, line: int) -> None:
    """The line is named; offsets into JSON or a table are no answers."""
    with pytest.raises(TextsError) as caught:
        texts(data)
    assert f"line {line}" in str(caught.value.file)


@pytest.mark.parametrize("text", ["[SEP] a", "{a}", "a, text", "[1] Berlin"])
def test_ordinary_texts_stay_texts(text: str) -> None:
    """A bracket alone makes no JSON of a text, a comma no table."""
    assert texts(text.encode() + b"\n") == [text]
