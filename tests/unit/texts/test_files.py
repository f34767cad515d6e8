"""The one reader of files of texts, through every command that reads one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from djlift.archive.container import read_manifest
from djlift.errors import ArchiveError, TextsError
from djlift.predict import inputs_of, texts_of
from djlift.texts.corpus import read_texts
from djlift.texts.files import Fields
from djlift.texts.text import given_by

PAIRS = Fields(("text",), ("text_pair",))
ANSWERS = Fields(("question", "context"))


def by_predict(data: bytes, name: str, fields: Fields | None) -> list[str]:
    """What predict reads."""
    lines = io.BytesIO(data)
    return list(texts_of(lines, name) if fields is None else inputs_of(lines, name, fields))


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a"])
@pytest.mark.parametrize("fields", [None, PAIRS, ANSWERS])
@pytest.mark.parametrize(
    "data",
    [
        b'{"text": null}\n',
        b'{"sentence": "a"}\n',
        b'\n{"text": "a", "question": "a", "context": "b"}\n',
        b'{"text": "\\ud83d", "question": "\\ud83d", "context": "b"}\n',
        b'{"text": "a", "question": "a", "context": 1\n',
        b'[{"text": "a"}]\n',
        b"id,text\n1,a\n",
        b"\xff\xfea\n",
    ],
)
def test_every_command_refuses_the_same(
    tmp_path: Path, name: str, fields: Fields | None, data: bytes
) -> None:
    """By one code, and the line is named; whatever the file is called and the task is."""
    file = tmp_path / name
    file.write_bytes(data)
    found = []
    for reader in (
        lambda: by_predict(data, str(file), fields),
        lambda: read_texts(file, fields),
    ):
        with pytest.raises(TextsError) as caught:
            reader()
        assert str(caught.value.file) == f"{file}, line 1"
        found.append(caught.value.code)
    assert len(set(found)) == 1


@pytest.mark.parametrize("name", ["a.csv", "A.TSV"])
def test_a_table_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    """And how to read it is said; JSON lines are JSON lines under any name."""
    with pytest.raises(TextsError) as caught:
        by_predict(b"Anna met Tom\n", name, None)
    assert caught.value.code == "texts-table"
    assert "JSON lines" in str(caught.value.mend)
    file = tmp_path / name
    file.write_bytes(b'\xef\xbb\xbf{"text": "a"}\n')
    assert [text.text for text in read_texts(file)] == ["a"]


def test_a_name_can_demand_json_lines(tmp_path: Path) -> None:
    """Plain text in a file named .jsonl is refused everywhere; blank lines are too."""
    file = tmp_path / "a.jsonl"
    for data in (b"Anna\n", b"\n\n"):
        file.write_bytes(data)
        for reader in (lambda d=data: by_predict(d, str(file), None), lambda: read_texts(file)):
            with pytest.raises(TextsError) as caught:
                reader()
            assert caught.value.code == "texts-line"


def test_fields_that_the_task_does_not_take_are_left_out(tmp_path: Path) -> None:
    """The same for every task: an export with a label and an id of its own is a file of texts."""
    data = b'{"text": "a", "text_pair": "b", "label": 3, "id": "x"}\n'
    file = tmp_path / "a.txt"
    file.write_bytes(data)
    assert by_predict(data, "f", PAIRS) == ['{"text": "a", "text_pair": "b"}']
    assert by_predict(data, "f", None) == ["a"]
    (text,) = read_texts(file, PAIRS)
    assert (text.id, given_by(text)) == ("x", {"text": "a", "text_pair": "b"})


@pytest.mark.parametrize(
    "text", ["[SEP] a", "{a}", "{ a", "a, text", "[1] Berlin", "text", "{{x}}"]
)
def test_ordinary_texts_stay_texts(tmp_path: Path, text: str) -> None:
    """A bracket alone makes no JSON of a text, a comma no table."""
    data = text.encode() + b"\nb\n"
    file = tmp_path / "a.txt"
    file.write_bytes(data)
    assert by_predict(data, "a.txt", None) == [text, "b"]
    assert [one.text for one in read_texts(file)] == [text, "b"]


def test_a_pointer_of_git_lfs_is_no_text(tmp_path: Path) -> None:
    """Nor is it an archive: both are told by what they are."""
    file = tmp_path / "a.txt"
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(TextsError) as raised:
        read_texts(file)
    assert raised.value.code == "git-lfs-pointer"
    with pytest.raises(ArchiveError) as refused:
        read_manifest(file)
    assert refused.value.code == "not-a-zip"
    assert "git lfs pull" in str(refused.value.mend)
