"""Level 4: reading labelled text, tagging words with entities, and the bound on F1."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.archive.golden import Entity
from djlift.base.files import sha256
from djlift.errors import TextsError
from djlift.parity.levels.comparison import labelled_text
from djlift.tasks.token_classification.labelled import (
    Labelled,
    Sentence,
    decides,
    entities,
    f1,
    read,
    recorded,
    require_labels,
    scheme,
    tagged,
)
from tests.support.builders import a_manifest, an_entity

ANNA = Sentence(("Anna", "Smith", "met", "Tom"), ("B-PER", "I-PER", "O", "B-PER"))


def a_file(folder: Path, data: str | bytes) -> Path:
    """A CoNLL file of this text."""
    file = folder / "test.conll"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def perfect(sentence: Sentence) -> list[Entity]:
    """The entities that the tags of a sentence say."""
    found: list[Entity] = []
    start = 0
    for word, tag in zip(sentence.words, sentence.tags, strict=True):
        end = start + len(word)
        if tag.startswith("B-"):
            found.append(an_entity(tag[2:], start, end))
        elif tag.startswith("I-"):
            found[-1] = an_entity(tag[2:], found[-1].start, end)
        start = end + 1
    return found


def test_read(tmp_path: Path) -> None:
    """First and last field of a line are word and tag; empty lines and document marks separate."""
    text = "-DOCSTART- -X- O O\n\nAnna NNP B-NP B-PER\nmet VBD O\n\n\nOslo\tB-LOC\n"
    assert read(a_file(tmp_path, text)) == (
        Sentence(("Anna", "met"), ("B-PER", "O")),
        Sentence(("Oslo",), ("B-LOC",)),
    )


@pytest.mark.parametrize("ending", ["", "\n", "\n\n", "\n \n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_endings(tmp_path: Path, newline: str, ending: str) -> None:
    """Windows line ends and a missing or doubled end of the file change nothing."""
    text = f"Anna B-PER\nmet O{ending}".replace("\n", newline)
    assert read(a_file(tmp_path, text)) == (Sentence(("Anna", "met"), ("B-PER", "O")),)


@pytest.mark.parametrize("word", ["100\N{NO-BREAK SPACE}km", "a\N{IDEOGRAPHIC SPACE}b", "a\x85b"])
def test_words_with_odd_spaces(tmp_path: Path, word: str) -> None:
    """Only blanks and tabs separate fields: other spaces belong to their word."""
    (sentence,) = read(a_file(tmp_path, f"{word} B-LOC\n"))
    assert sentence.words == (word,)


@pytest.mark.parametrize(
    ("line", "number"),
    [("met", 2), ("met X", 2), ("met per", 2), ("met B", 2), ("met B-", 2), ("met L-PER", 2)],
)
def test_bad_line(tmp_path: Path, line: str, number: int) -> None:
    """A line without a tag, or with one of no scheme that seqeval reads, is named with its number."""
    file = a_file(tmp_path, f"Anna B-PER\n{line}\nTom B-PER\n")
    with pytest.raises(TextsError) as raised:
        read(file)
    assert raised.value.file == f"{file}, line {number}"
    assert raised.value.found == line
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("data", [b"", b"\n\n", b"-DOCSTART- O\n"])
def test_no_sentence(tmp_path: Path, data: bytes) -> None:
    """A file without a sentence is refused by name."""
    file = a_file(tmp_path, data)
    with pytest.raises(TextsError) as raised:
        read(file)
    assert raised.value.file == str(file)


def test_unreadable(tmp_path: Path) -> None:
    """A file that is absent, not UTF-8 or a pointer of Git LFS is refused by name."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    file = tmp_path / "test.conll"
    for data, code, where in (
        (None, "labelled-text-unreadable", ""),
        (b"Tom B-PER\nAnna\xff B-PER\n", "texts-not-utf8", ", line 2"),
        (pointer, "git-lfs-pointer", ""),
    ):
        if data is not None:
            a_file(tmp_path, data)
        with pytest.raises(TextsError) as raised:
            read(file)
        assert (raised.value.code, raised.value.file) == (code, f"{file}{where}")


def test_tagged() -> None:
    """An entity over several words is B- then I-; words outside are O."""
    assert ANNA.text == "Anna Smith met Tom"
    assert tagged(ANNA, perfect(ANNA)) == list(ANNA.tags)
    assert tagged(ANNA, []) == ["O"] * 4


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 4, ["B-PER", "O", "O", "O"]),
        (1, 3, ["B-PER", "O", "O", "O"]),
        (4, 5, ["O", "O", "O", "O"]),
        (3, 6, ["B-PER", "I-PER", "O", "O"]),
        (0, 18, ["B-PER", "I-PER", "I-PER", "I-PER"]),
        (15, 99, ["O", "O", "O", "B-PER"]),
        (0, 0, ["O", "O", "O", "O"]),
    ],
)
def test_overlaps(start: int, end: int, expected: list[str]) -> None:
    """A word belongs to an entity that covers any part of it; the space between words to none."""
    assert tagged(ANNA, [an_entity("PER", start, end)]) == expected


def test_two_entities_side_by_side() -> None:
    """Adjacent entities of one label each begin anew; of two in a word the first counts."""
    assert tagged(ANNA, [an_entity("PER", 0, 4), an_entity("PER", 5, 10)])[:2] == ["B-PER"] * 2
    assert tagged(ANNA, [an_entity("LOC", 0, 2), an_entity("PER", 2, 4)])[0] == "B-LOC"


def test_f1() -> None:
    """F1 is 1 when all is right, 0 when nothing is, and counts each entity."""
    pytest.importorskip("seqeval")
    right = perfect(ANNA)
    assert f1([ANNA, ANNA], [right, right]) == 1.0
    assert f1([ANNA], [[]]) == 0.0
    # One of two found, none too many: precision 1, recall 1/2.
    assert f1([ANNA], [right[:1]]) == pytest.approx(2 / 3)
    assert f1([ANNA], [[right[0], an_entity("LOC", 15, 18)]]) == pytest.approx(1 / 2)


def test_f1_needs_an_answer_to_each() -> None:
    """Fewer answers than sentences are never taken for a result."""
    pytest.importorskip("seqeval")
    with pytest.raises(ValueError, match="shorter"):
        f1([ANNA, ANNA], [perfect(ANNA)])


@pytest.mark.parametrize(
    ("count", "reference", "enough"), [(50, 0.7, True), (49, 0.7, False), (50, 0.0, False)]
)
def test_few_entities_decide_nothing(count: int, reference: float, enough: bool) -> None:
    """A hundred labelled entities, of which the reference finds some, stand in for agreement."""
    assert decides(Labelled((ANNA,) * count, reference)) is enough


def test_recorded_reference_is_of_one_file(tmp_path: Path) -> None:
    """The reference's F1 in the manifest counts for the file it was measured on, by its bytes."""
    file = tmp_path / "eval.conll"
    file.write_text("Anna B-PER\n")
    facts = {"reference": 0.7, "sha256": sha256(file)}
    found = recorded(a_manifest(accuracy=facts), file, [ANNA])
    assert found is not None
    assert found.reference == 0.7
    assert recorded(a_manifest(), file, [ANNA]) is None
    assert recorded(a_manifest(accuracy={"reference": 0.7}), file, [ANNA]) is None
    file.write_text("Anna B-LOC\n")
    assert recorded(a_manifest(accuracy=facts), file, [ANNA]) is None


WRITTEN = {
    "IOB1": ("I-PER", "I-PER", "B-PER", "O", "I-LOC", "I-ORG"),
    "IOB2": ("B-PER", "I-PER", "B-PER", "O", "B-LOC", "B-ORG"),
    "BIOES": ("B-PER", "E-PER", "S-PER", "O", "S-LOC", "S-ORG"),
    "IOB1 and IOB2 mixed": ("I-PER", "I-PER", "B-PER", "O", "B-LOC", "I-ORG"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_scheme_is_read_by_the_rule_of_the_evaluation(tmp_path: Path, name: str) -> None:
    """The same four entities in each, whatever marks their beginning; a byte order mark hides no document."""
    pytest.importorskip("seqeval")
    words = ("Anna", "Smith", "Tom", "in", "Oslo", "UN")
    lines = "".join(f"{word} {tag}\n" for word, tag in zip(words, WRITTEN[name], strict=True))
    file = a_file(tmp_path, b"\xef\xbb\xbf-DOCSTART- O\n\n" + lines.encode())
    (sentence,) = read(file)
    assert sentence.words == words
    assert scheme([sentence]) == name
    assert entities([sentence]) == 4
    assert decides(Labelled((sentence,) * 25, 0.7)) and not decides(Labelled((sentence,) * 24, 0.7))
    places = (("PER", 0, 10), ("PER", 11, 14), ("LOC", 18, 22), ("ORG", 23, 25))
    assert f1([sentence], [[an_entity(*place) for place in places]]) == 1.0
    assert name in labelled_text("fp32", Labelled((sentence,), 0.9), 0.9).summary


def test_labels_that_the_model_lacks_are_refused(tmp_path: Path) -> None:
    """Its F1 would be 0 on both sides, and hold; of labels that are not known yet nothing is said."""
    file = a_file(tmp_path, "Anna B-PERSON\nOslo B-LOC\n")
    sentences = read(file)
    with pytest.raises(TextsError) as raised:
        require_labels(sentences, file, ["O", "B-PER", "I-PER", "B-LOC"])
    assert (raised.value.code, raised.value.found) == ("labelled-text-labels", "PERSON")
    require_labels(sentences, file, ["O", "PERSON", "B-LOC", "B-MISC"])
    require_labels(sentences, file, [])


def test_text_without_an_entity_is_refused(tmp_path: Path) -> None:
    """There is no F1 of it."""
    with pytest.raises(TextsError) as raised:
        read(a_file(tmp_path, "Anna O\nmet O\n"))
    assert raised.value.code == "labelled-text-no-entity"
