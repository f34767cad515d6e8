"""Texts for the matrix: the built-in corpus sampled across its groups, invented texts, random characters."""

from __future__ import annotations

import random
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count as counting
from itertools import islice, zip_longest
from typing import Any

from djlift.texts import corpus
from djlift.texts.text import LONG, Text

LOCALES = (
    "en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "cs_CZ", "tr_TR",
    "el_GR", "ru_RU", "uk_UA", "ar_AA", "he_IL", "hi_IN", "th_TH", "ja_JP", "ko_KR", "zh_CN",
)  # fmt: skip
_NOT_LATIN = frozenset(("el", "ru", "uk", "ar", "he", "hi", "th", "ja", "ko", "zh"))
_JOINTS = (" ", "\n", "\n\n", " ", "", " \u2014 ")
_SPECIAL = ("[CLS]", "[SEP]", "<s>", "</s>", "[MASK]", "<mask>", "[UNK]")
_BETWEEN = (" ", "", "  ", ", ", "\t", "\u00a0", "-")


def mixture(count: int, seed: int, inserted: Sequence[str] = ()) -> tuple[Text, ...]:
    """So many texts: the corpus first (at most 60 %), then Faker's, then random characters (10 %).

    Args:
        inserted: Strings that the tokenizer treats as one token; every 16th text holds some.
    """
    of_corpus = sampled(min(count * 6 // 10, len(corpus.builtin())), seed)
    odd = random_characters(count // 10, seed)
    made = invented(count - len(of_corpus) - len(odd), seed)
    chance = random.Random(seed)
    return tuple(
        _with_tokens(text, chance, inserted) if number % 16 == 3 else text
        for number, text in enumerate((*of_corpus, *made, *odd))
    )


def sampled(count: int, seed: int) -> list[Text]:
    """Texts of the built-in corpus, each group in turn, at random within it."""
    chance = random.Random(seed)
    groups: dict[str, list[Text]] = {}
    for text in corpus.builtin():
        groups.setdefault(text.group, []).append(text)
    turns = zip_longest(*(chance.sample(texts, len(texts)) for texts in groups.values()))
    return list(islice((t for turn in turns for t in turn if t is not None), count))


def invented(count: int, seed: int) -> list[Text]:
    """Texts of people, firms and places that Faker invents, in 20 locales."""
    texts = []
    chance = random.Random(seed)
    for number in range(count):
        locale = LOCALES[number % len(LOCALES)]
        faker = _faker(locale)
        if number < len(LOCALES):
            faker.seed_instance(seed)
        parts = [
            getattr(
                faker, chance.choice(("name", "company", "city", "address", "sentence", "text"))
            )()
            for _ in range(chance.choice((1, 2, 3, 5)))
        ]
        texts.append(
            Text(f"faker-{number:05d}", f"faker {locale}", chance.choice(_BETWEEN).join(parts))
        )
    return texts


@cache
def _faker(locale: str) -> Any:
    from faker import Faker

    return Faker(locale)


def documents(
    count: int,
    seed: int,
    tokens: Callable[[str], int],
    least: int,
    usable: Callable[[str], bool] = lambda text: True,
) -> tuple[Text, ...]:
    """Long documents, each of one kind in turn: everything mixed, scripts other than Latin, news.

    Args:
        tokens: Tokens of a text.
        least: Tokens that each document has at least.
        usable: Whether a document will do; another is composed where not.
    """
    kinds = ("mixed", "scripts", "news")
    composed = []
    for number in range(count):
        kind = kinds[number % 3]
        tries = (_composed(kind, seed + number + 100 * t, tokens, least) for t in counting())
        text = next(text for text in islice(tries, 50) if usable(text))
        composed.append(Text(f"document-{number}", f"document, {kind}", text))
    return tuple(composed)


def _composed(kind: str, seed: int, tokens: Callable[[str], int], least: int) -> str:
    chance = random.Random(seed)
    text = ""
    for piece in _pieces(kind, seed):
        text += piece + chance.choice(_JOINTS)
        # No tokenizer of the matrix makes more than a few tokens of a character: counting costs time.
        if len(text) > least and tokens(text) >= least:
            return text
    raise AssertionError("there is no end of pieces")


def _pieces(kind: str, seed: int) -> Iterator[str]:
    for again in counting():
        parts = [*sampled(200, seed + again), *invented(100, seed + again)]
        if kind == "mixed":
            parts += random_characters(10, seed + again)
        random.Random(seed + again).shuffle(parts)
        for part in parts:
            foreign = part.group.removeprefix("faker ")[:2] in _NOT_LATIN or part.group == "scripts"
            latin = part.group == "news" or (part.group.startswith("faker") and not foreign)
            wanted = {"mixed": part.group != LONG, "scripts": foreign, "news": latin}
            if wanted[kind]:
                yield part.text


def random_characters(count: int, seed: int) -> list[Text]:
    """Texts of characters drawn from all of Unicode, from a block of it, and from ASCII."""
    chance = random.Random(seed)
    texts = []
    for number in range(count):
        start = chance.choice(
            (0x20, 0x20, 0xA0, 0x300, 0x2000, 0x3040, 0x1F300, chance.randrange(0x20000))
        )
        width = chance.choice((16, 96, 0x400, sys.maxunicode))
        length = chance.choice((1, 3, 8, 20, 60))
        drawn = "".join(
            chance.choice(
                (
                    " ",
                    "a",
                    "'",
                    "-",
                    _character(chance, start, width),
                    _character(chance, start, width),
                )
            )
            for _ in range(length)
        )
        texts.append(Text(f"random-{number:05d}", "random", drawn))
    return texts


def _character(chance: random.Random, start: int, width: int) -> str:
    while True:
        character = chr(min(start + chance.randrange(width), sys.maxunicode))
        # A lone surrogate is no character, and what is unassigned means something else in the next Unicode.
        if unicodedata.category(character) not in ("Cs", "Cn"):
            return character
        start = chance.randrange(0x2FA1F)


def _with_tokens(text: Text, chance: random.Random, inserted: Sequence[str]) -> Text:
    words = text.text.split(" ")
    for _ in range(chance.randint(1, 3)):
        token = (
            chance.choice(inserted or _SPECIAL)
            if chance.random() < 0.8
            else chance.choice(_SPECIAL)
        )
        around = chance.choice(_BETWEEN)
        words.insert(
            chance.randint(0, min(len(words), 20)), around + token + chance.choice(_BETWEEN)
        )
    return Text(text.id, text.group, " ".join(words))
