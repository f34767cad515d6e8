"""Checks of tokenizers: a release that loses text, two that cut texts in different ways, ids without a row."""

from __future__ import annotations

import contextlib
import importlib.metadata
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.base.display import shorten
from djlift.errors import SourceError
from djlift.texts import corpus
from djlift.texts.shrink import shrunk
from djlift.texts.text import LONG

_WORDS, _LIMIT = 12, 4
_BEFORE, _AFTER = 2, 6
"""Tokens that are shown before the first one that differs, and from it on."""

Input = str | tuple[str, str]
"""A text, or the two of a pair."""
Cut = tuple[tuple[int, ...], tuple[tuple[int, int], ...], tuple[int, ...], tuple[str, ...]]
"""Ids, offsets, types and tokens; where encoding fails, the message in place of the tokens."""


def require_whole() -> None:
    """Refuse a release with which windows would not cover the text: a reference made with it would be wrong.

    Raises:
        SourceError: The installed one is such a release.
    """
    found = covered()
    if found != _WORDS:
        raise SourceError(
            f"tokenizers {importlib.metadata.version('tokenizers')} loses text",
            code="tokenizers-version",
            expected=f"windows that cover a text of {_WORDS} words",
            found=f"windows of {found} of them",
            mend="pip install --upgrade tokenizers",
        )


def covered() -> int:
    """How many words of a text of ``_WORDS`` are in one of its windows."""
    return len({word for window in _cut(_WORDS, _LIMIT) for word in window})


def _cut(words: int, limit: int) -> list[list[int]]:
    """The numbers of the words in each window."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    names = [str(number) for number in range(words)]
    tokenizer = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, names[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.enable_truncation(limit, stride=1)
    first = tokenizer.encode(" ".join(names))
    return [list(window.ids) for window in (first, *first.overflowing)]


@dataclass(frozen=True)
class Difference:
    """Where two tokenizers cut the same text in different ways.

    Attributes:
        count: Inputs of the corpus that they cut in different ways.
        of: Inputs that were compared.
        example: The shortest one that was found.
        first, second: What each makes of it, around the first token that differs.
    """

    count: int
    of: int
    example: str
    first: str
    second: str


def difference(first: Any, second: Any, *, pairs: bool, types: bool) -> Difference | None:
    """Compare two tokenizers over the built-in corpus and over every token that was added to either.

    Args:
        first, second: ``tokenizers.Tokenizer``; special tokens are added, nothing is cut off or padded.
        pairs: Whether the task gives the tokenizer two texts at once: then pairs are compared too.
        types: Whether the model reads token types.

    Returns:
        None where ids, offsets and, if read, types are equal for every input.
    """
    inputs = _inputs(first, second, pairs=pairs)
    with _unbounded(first), _unbounded(second):

        def compared(cut: tuple[Cut, Cut]) -> bool:
            (ids, offsets, kinds, words), (others, places, sorts, spelled) = cut
            failed = not ids and not others and words != spelled
            return ids != others or offsets != places or (types and kinds != sorts) or failed

        cuts = zip(_encoded(first, inputs), _encoded(second, inputs), strict=True)
        differing = [given for given, both in zip(inputs, cuts, strict=True) if compared(both)]
        if not differing:
            return None
        shortest = min(differing, key=lambda given: len("".join(given)))
        if isinstance(shortest, str):
            shortest = shrunk(
                shortest, lambda text: compared((_one(first, text), _one(second, text)))
            ).text
        ours, theirs = _one(first, shortest), _one(second, shortest)
    texts = (shortest,) if isinstance(shortest, str) else shortest
    return Difference(
        len(differing),
        len(inputs),
        " with ".join(f"'{shorten(text)}'" for text in texts),
        _shown(ours, theirs),
        _shown(theirs, ours),
    )


def require_rows(tokenizer: Any, model: Any, folder: Path) -> None:
    """Refuse a tokenizer that gives ids for which the model has no embedding.

    Args:
        tokenizer: A fast tokenizer of transformers, its added tokens included.
        model: A model of transformers; one without an embedding of tokens passes.

    Raises:
        SourceError: Its largest id is not the number of a row.
    """
    try:
        rows = int(model.get_input_embeddings().weight.shape[0])
    except (NotImplementedError, AttributeError):
        return
    token, largest = max(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    if largest < rows:
        return
    raise SourceError(
        "the tokenizer gives ids that the model has no embedding for",
        code="ids-without-embedding",
        file=folder,
        expected=f"ids below {rows}, the rows of the model's input embeddings",
        found=f"ids up to {largest}, that of '{shorten(token)}'",
        mend="save the model after model.resize_token_embeddings(len(tokenizer)) and training, or put the"
        " tokenizer that it was trained with into the folder",
    )


def _inputs(first: Any, second: Any, *, pairs: bool) -> list[Input]:
    """The corpus, every added token between words and within one and, if asked for, neighbours as pairs."""
    texts = [text.text for text in corpus.builtin()]
    added = {
        token.content
        for each in (first, second)
        for token in each.get_added_tokens_decoder().values()
    }
    written = [form for token in sorted(added) for form in (f"a {token} b", f"a{token}b")]
    short = [text.text for text in corpus.builtin() if text.group != LONG] if pairs else []
    return [*texts, *written, *itertools.pairwise(short)]


@contextlib.contextmanager
def _unbounded(tokenizer: Any) -> Iterator[None]:
    """Let a tokenizer neither cut nor pad for a while."""
    truncation, padding = tokenizer.truncation, tokenizer.padding
    tokenizer.no_truncation()
    tokenizer.no_padding()
    try:
        yield
    finally:
        if truncation is not None:
            tokenizer.enable_truncation(**truncation)
        if padding is not None:
            tokenizer.enable_padding(**padding)


def _encoded(tokenizer: Any, inputs: Sequence[Input]) -> list[Cut]:
    try:
        return [_values(one) for one in tokenizer.encode_batch(list(inputs))]
    except Exception:
        # One of them: a model without the unknown token that it needs, say.
        return [_one(tokenizer, given) for given in inputs]


def _one(tokenizer: Any, given: Input) -> Cut:
    parts = (given,) if isinstance(given, str) else given
    return _or_failure(lambda: tokenizer.encode(*parts))


def _or_failure(encode: Callable[[], Any]) -> Cut:
    try:
        return _values(encode())
    except Exception as failure:
        return (), (), (), (f"an error: {failure}",)


def _values(encoding: Any) -> Cut:
    return (
        tuple(encoding.ids),
        tuple(map(tuple, encoding.offsets)),
        tuple(encoding.type_ids),
        tuple(encoding.tokens),
    )


def _shown(mine: Cut, other: Cut) -> str:
    """The tokens around the first one that differs: ids, or where these are equal offsets and types."""
    ids, offsets, types, tokens = mine
    if not ids:
        return tokens[0] if tokens else "no tokens"
    rows = list(zip(ids, offsets, types, strict=True))
    others = list(zip(*other[:3], strict=True))
    equal = ids == other[0]
    pairs = enumerate(zip(rows, others, strict=False))
    at = next((i for i, (a, b) in pairs if (a != b if equal else a[0] != b[0])), len(others))
    begin = max(0, min(at, len(rows)) - _BEFORE)
    end = min(len(rows), at + _AFTER)
    found = [
        f"{shorten(token)}={number}" + (f" at {start}-{stop} type {kind}" if equal else "")
        for token, (number, (start, stop), kind) in zip(
            tokens[begin:end], rows[begin:end], strict=True
        )
    ]
    dots = ("... " if begin else ""), (" ..." if end < len(rows) else "")
    return dots[0] + ", ".join(found) + dots[1]
