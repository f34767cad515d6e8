"""Change a text at random, as texts that break tokenizers are changed: the source of ``--fuzz``."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

LONGEST = 6000
"""Code points of a mutated text at most."""
_REPEATED = 3000
_ROUNDS = 4

CRUELTIES = (
    "\u0301", "\u0327\u0301", "\u20dd", "\ufe0f", "\u200d", "\u200b", "\u200c", "\u2060", "\ufeff",
    "\u00ad", "\u00a0", "\u2009", "\u3000", "\u2028", "\u0085", "\t", "\r\n", "\n\n", "\x00", "\x07",
    "\x1b[0m", "\x7f", "\u200e", "\u200f", "\u202e", "\u2067", "\u2069", "\u05d0\u05b8", "\u0627\u0644",
    "\u0130", "\u0131", "\u1e9e", "\ufb01", "\u212b", "\uff21", "\u01c5", "\u03c2",
    "\u1100\u1161\u11a8", "\uac01", "\u0e33", "\u0915\u094d\u0937", "\U0001f389",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e8\U0001f1ed", "\U0001f44d\U0001f3fd",
    "\U0001d400", "\U00020000", "\U000e0067", "\U0010fffd", "\ufffd", "\ue000", "\ufdd0", "\u4e2d",
    "\u30ab\u3099",
)  # fmt: skip
SPECIALS = (
    "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[sep]", "<s>", "</s>", "<unk>", "<pad>", "<mask>",
    "<|endoftext|>", "##ing", "##", "\u2581", "\u0120",
)  # fmt: skip

Mutation = Callable[[str, random.Random, Sequence[str]], str]


def mutated(corpus: Sequence[str], source: random.Random) -> str:
    """A text of the corpus after one to four changes; never with a lone surrogate."""
    text = source.choice(corpus)
    for _ in range(source.randint(1, _ROUNDS)):
        (change,) = source.choices(list(_MUTATIONS), list(_MUTATIONS.values()))
        text = change(text, source, corpus)
    return text[:LONGEST]


def _insert(text: str, piece: str, source: random.Random) -> str:
    at = source.randint(0, len(text))
    return text[:at] + piece + text[at:]


def _slice(text: str, source: random.Random, longest: int) -> tuple[int, int]:
    start = source.randint(0, len(text))
    return start, min(len(text), start + source.randint(1, longest))


def insert_character(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """A character of another text."""
    other = source.choice(corpus) or "x"
    return _insert(text, source.choice(other), source)


def delete_characters(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """One to three characters fewer."""
    start, end = _slice(text, source, 3)
    return text[:start] + text[end:]


def duplicate_characters(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """One to three characters twice or more."""
    start, end = _slice(text, source, 3)
    return text[:start] + text[start:end] * source.randint(2, 6) + text[end:]


def swap_characters(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """Two neighbours change places."""
    if len(text) < 2:
        return text
    at = source.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\S+", text)


def delete_word(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """A word, or the white space between two, fewer."""
    words = _words(text)
    if words:
        del words[source.randrange(len(words))]
    return "".join(words)


def duplicate_word(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """A word, or the white space between two, twice or more."""
    words = _words(text)
    if words:
        words[source.randrange(len(words))] *= source.randint(2, 4)
    return "".join(words)


def swap_words(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """Two words change places."""
    words = _words(text)
    if len(words) > 1:
        one, other = source.sample(range(len(words)), 2)
        words[one], words[other] = words[other], words[one]
    return "".join(words)


def splice(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """The beginning of one text and the end of another."""
    other = source.choice(corpus)
    return text[: source.randint(0, len(text))] + other[source.randint(0, len(other)) :]


def be_cruel(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """Unicode that few expect: marks, joiners, controls, direction, astral characters."""
    return _insert(text, source.choice(CRUELTIES), source)


def any_character(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """Any code point at all, but no surrogate."""
    number = source.randrange(0x110000 - 0x800)
    return _insert(text, chr(number if number < 0xD800 else number + 0x800), source)


def special_token(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """What tokenizers treat in a way of its own, written out."""
    piece = source.choice(SPECIALS)
    return _insert(text, source.choice((piece, f" {piece} ")), source)


def change_case(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """Another case, of a part or of all."""
    start, end = (0, len(text)) if source.random() < 0.3 else _slice(text, source, 20)
    change = source.choice((str.upper, str.lower, str.title, str.swapcase))
    return text[:start] + change(text[start:end]) + text[end:]


def repeat(text: str, source: random.Random, corpus: Sequence[str]) -> str:
    """So often that the limit of the model is passed."""
    joined = text + source.choice(("", " "))
    return joined * (_REPEATED // max(1, len(joined)) + 1) if joined else text


# The weights: cruelties break most, long texts cost most.
_MUTATIONS: dict[Mutation, float] = {
    insert_character: 1,
    delete_characters: 1,
    duplicate_characters: 1,
    swap_characters: 1,
    delete_word: 1,
    duplicate_word: 1,
    swap_words: 1,
    splice: 1,
    be_cruel: 3,
    any_character: 1,
    special_token: 1,
    change_case: 1,
    repeat: 0.03,
}
