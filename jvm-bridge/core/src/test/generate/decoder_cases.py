"""Writes ../resources/decoders.json: tokens, a decoder of the tokenizers library, and the text it makes.

Run: python jvm-bridge/core/src/test/generate/decoder_cases.py
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

TARGET = Path(__file__).resolve().parent.parent / "resources" / "decoders.json"
D = decoders
BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())

DECODERS = [
    D.WordPiece(),
    D.WordPiece(cleanup=False),
    D.WordPiece(prefix="@@"),
    D.WordPiece(prefix="", cleanup=True),
    D.ByteLevel(),
    D.Metaspace(),
    D.Metaspace(prepend_scheme="never"),
    D.Metaspace(prepend_scheme="first"),
    D.Metaspace(replacement="_", split=False),
    D.Metaspace(replacement="\U0001f600"),
    D.BPEDecoder(),
    D.BPEDecoder(suffix="@@"),
    D.BPEDecoder(suffix=""),
    D.ByteFallback(),
    D.Fuse(),
    D.Strip(" ", 1, 0),
    D.Strip("a", 2, 0),
    D.Strip("\u2581", 0, 1),
    D.Strip(" ", 1, 1),
    D.Replace("\u2581", " "),
    D.Replace("a", ""),
    D.Replace("", "-"),
    D.Replace("$1.", "\\$0"),
    D.Replace("##", "$1"),
    D.Replace(Regex("[aeiou]+"), "_"),
    D.Replace(Regex("a*"), "x"),
    D.Replace(Regex("^.|.$"), "|"),
    D.Replace(Regex(r"\s+"), " "),
    D.Replace(Regex(r"\w"), "w"),
    D.Replace(Regex("(a)(b)?"), "$1\\2"),
    D.Replace(Regex("^"), ">"),
    D.Replace(Regex(r"\d"), "9"),
    D.CTC(),
    D.CTC(cleanup=False),
    D.CTC(pad_token="a", word_delimiter_token="##"),
    D.CTC("", "", True),
    D.Sequence([]),
    D.Sequence([D.Replace("\u2581", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]),
    D.Sequence([D.ByteLevel(), D.WordPiece()]),
    D.Sequence([D.Metaspace(), D.Sequence([D.Fuse(), D.CTC()])]),
    D.Sequence([D.Fuse(), D.Metaspace(), D.BPEDecoder(suffix="</w>")]),
]

PIECES = [
    "a",
    "b",
    "##a",
    "##",
    "##ing",
    "@@x",
    "x@@",
    "the",
    " ",
    "  ",
    "",
    ".",
    "?",
    "!",
    ",",
    " .",
    "'",
    "n't",
    "'m",
    "do not",
    " do not",
    "'s",
    "'ve",
    "'re",
    "\u2581",
    "\u2581the",
    "a\u2581b",
    "\u2581\u2581",
    "_",
    "a_b",
    "</w>",
    "low</w>",
    "l</w>ow",
    "<pad>",
    "|",
    "a|b",
    "<0x41>",
    "<0xE2>",
    "<0x82>",
    "<0xAC>",
    "<0xF0>",
    "<0x9F>",
    "<0x98>",
    "<0x80>",
    "<0xff>",
    "<0x+A>",
    "<0xG1>",
    "<0x412>",
    "<0x4>",
    "<0xé>",
    "\U0001f600",
    "\U0001f600a",
    "é",
    "e\u0301",
    "東",
    "\u0130",
    "ß",
    "line\nline",
    "\r\n",
    "\t",
    "\u00a0",
    "$1.",
    "x$1.y",
    "42",
    "٣",
    "aa",
    "aab",
    "Ġthe",
    "Ċ",
    "ą",
    "\u0000",
    "\ufffd",
    "[UNK]",
    "ab ab",
]


def main() -> None:
    """Write the cases, the same at every run."""
    random.seed(11)
    groups = [{"decoder": described(d), "cases": list(of(d))} for d in DECODERS]
    groups.append({"decoder": described(D.ByteLevel()), "cases": list(malformed())})
    lines = ",\n".join(json.dumps(g, separators=(",", ":"), ensure_ascii=False) for g in groups)
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(sum(len(g["cases"]) for g in groups), "cases")


def of(decoder: D.Decoder) -> Iterator[list]:
    """Every piece alone and after another, and random rows of pieces: rows and their text."""
    rows = [[]] + [[p] for p in PIECES] + [["x", p] for p in PIECES]
    rows += [random.choices(PIECES, k=random.randint(2, 6)) for _ in range(30)]
    for row in rows:
        try:
            yield [row, decoder.decode(row)]
        except BaseException as error:  # a panic of the library is no Exception
            if type(error).__name__ != "PanicException":
                raise


def malformed() -> Iterator[list]:
    """Bytes that are no UTF-8: how many replacement characters come of them."""
    decoder = D.ByteLevel()
    char = dict(zip(byte_order(), [chr(c) for c in chars()], strict=True))
    starts = [
        0x41,
        0x80,
        0xBF,
        0xC0,
        0xC2,
        0xDF,
        0xE0,
        0xE1,
        0xED,
        0xEF,
        0xF0,
        0xF1,
        0xF4,
        0xF5,
        0xFF,
    ]
    for first in starts:
        for second in (0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xF0):
            for third in (0x41, 0x80, 0xBF, 0xE2):
                row = ["".join(char[b] for b in (first, second, third)), char[0x80], char[0x61]]
                yield [row, decoder.decode(row)]
    for _ in range(150):
        row = [
            "".join(random.choices(BYTES, k=random.randint(1, 4)))
            for _ in range(random.randint(1, 4))
        ]
        yield [row, decoder.decode(row)]


def byte_order() -> list[int]:
    """GPT-2's bytes: those that stand for themselves, then the rest."""
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    return plain + [b for b in range(256) if b not in plain]


def chars() -> list[int]:
    """The characters of :func:`byte_order`."""
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    return plain + [256 + n for n in range(256 - len(plain))]


def described(decoder: D.Decoder) -> dict:
    """The decoder's block in tokenizer.json."""
    tokenizer = Tokenizer(models.WordLevel({}, "[UNK]"))
    tokenizer.decoder = decoder
    return json.loads(tokenizer.to_str())["decoder"]


if __name__ == "__main__":
    main()
