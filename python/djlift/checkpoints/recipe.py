"""A recipe: what to build, from where, and what it must prove.

A recipe is read from ``recipe.toml`` in a recipe folder, or made from the command line. Paths in the file are
relative to its folder.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from djlift.archive.coordinates import GROUP, NAME, VERSION
from djlift.base import targets
from djlift.errors import UsageError, not_listed

FILE = "recipe.toml"
PRECISIONS = ("fp32", "fp16", "int8")
PUBLISHED, TRANSFORMERS, ADAPTER = "published", "transformers", "adapter"
TOKENIZERS = (PUBLISHED, TRANSFORMERS, ADAPTER)


@dataclass(frozen=True)
class Recipe:
    """Everything ``djlift build`` needs to know.

    Attributes:
        sources: Where the checkpoint may come from, tried in order: a hub id, a folder, ``package:NAME``.
        revision: Branch, tag or commit of a hub source.
        adapter: A PEFT adapter, a folder or a hub id, merged into the weights.
        labels: ``id2label`` for a base checkpoint that has no head of its own; None takes the checkpoint's.
        sha256: Expected SHA-256 of weight files by name; an absent name is not checked.
        precisions: What to make of it: ``fp32``, ``fp16``, ``int8``.
        name, group, version: Zoo coordinates; the name None is taken from the source.
        task: ``token-classification`` or another one; None reads it from the checkpoint.
        aggregation_strategy: The archive's default, of token classification; None is ``simple``.
        texts: More texts to record beside the built-in corpus.
        evaluation: Labelled text in CoNLL form for level 4.
        card: A Markdown file that opens the archive's README.
        licence: The licence as the source states it; None reads the source's model card.
        target: The DJL release that the archives are made for and proven on, ``djl-0.38``.
        tokenizer: One of :data:`TOKENIZERS`, where the checkpoint's files give more than one; else None.
        parameters: What a call that names no parameters has, of another task than token classification.
    """

    sources: tuple[str, ...]
    revision: str | None = None
    adapter: str | None = None
    labels: tuple[str, ...] | None = None
    sha256: Mapping[str, str] | None = None
    precisions: tuple[str, ...] = ("fp32",)
    name: str | None = None
    group: str = "org.djlift"
    version: str = "1.0.0"
    task: str | None = None
    aggregation_strategy: str | None = None
    texts: Path | None = None
    evaluation: Path | None = None
    card: Path | None = None
    licence: str | None = None
    target: str = targets.DEFAULT.name
    parameters: Mapping[str, Any] | None = None
    tokenizer: str | None = None

    def __post_init__(self) -> None:
        checks = (
            (
                self.name is None or NAME.fullmatch(self.name),
                "name",
                self.name,
                "letters, digits, . _ -",
            ),
            (
                GROUP.fullmatch(self.group),
                "group",
                self.group,
                "a Maven group such as com.example.nlp",
            ),
            (
                VERSION.fullmatch(self.version),
                "version",
                self.version,
                "numbers and dots, such as 1.0.0",
            ),
        )
        for good, key, found, expected in checks:
            if not good:
                raise UsageError(
                    f"'{key}' cannot be used",
                    code="recipe-value",
                    expected=expected,
                    found=str(found),
                )
        if self.tokenizer is not None and self.tokenizer not in TOKENIZERS:
            raise not_listed(
                "'tokenizer' cannot be used", "recipe-value", self.tokenizer, TOKENIZERS
            )
        targets.named(self.target)
        for precision in self.precisions:
            require_precision(precision)
        if not self.precisions or len(set(self.precisions)) != len(self.precisions):
            raise UsageError(
                "each precision must be named once",
                code="precision-twice",
                expected=", ".join(PRECISIONS),
                found=", ".join(self.precisions) or "none",
            )

    def with_options(self, **options: Any) -> Recipe:
        """The same recipe with what the command line gave; options that are None change nothing."""
        return replace(self, **{key: value for key, value in options.items() if value is not None})

    def archive_name(self, source_id: str) -> str:
        """The name in the zoo: the recipe's own, or the last part of the source's id made one."""
        last = source_id.rsplit("/", 1)[-1]
        return self.name or re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-._") or "model"

    @staticmethod
    def read(folder: Path) -> Recipe:
        """Read ``recipe.toml`` in ``folder``.

        Raises:
            UsageError: The file cannot be parsed, has unknown keys, or a value of the wrong kind.
        """
        file = folder / FILE
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
            raise UsageError(
                "the recipe cannot be read", code="recipe-unreadable", file=file, found=str(cause)
            ) from cause
        return _from_toml(data, file)


def precisions_of(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """What ``--precision`` says, in either case, once or several times, several in one with commas."""
    parts = [part.strip() for one in given or () for part in one.split(",")]
    return tuple(p.lower() if p.lower() in PRECISIONS else p for p in parts) or None


def require_precision(word: str) -> None:
    """Refuse what is no precision.

    Raises:
        UsageError: It is none.
    """
    if word in PRECISIONS:
        return
    bits = re.search(r"32|16|8", word)
    also = {word: {"32": "fp32", "16": "fp16", "8": "int8"}[bits[0]]} if bits else {}
    raise not_listed(
        f"the precision '{word}' is not known", "unknown-precision", word, PRECISIONS, also=also
    )


_KINDS: Mapping[str, type] = {
    "sources": list,
    "revision": str,
    "adapter": str,
    "labels": list,
    "sha256": dict,
    "precisions": list,
    "name": str,
    "group": str,
    "version": str,
    "task": str,
    "aggregation_strategy": str,
    "texts": str,
    "evaluation": str,
    "card": str,
    "licence": str,
    "target": str,
    "parameters": dict,
    "tokenizer": str,
}


def _from_toml(data: dict[str, Any], file: Path) -> Recipe:
    for key, value in data.items():
        kind = _KINDS.get(key)
        if kind is None:
            raise not_listed(
                f"the recipe has an unknown key '{key}'",
                "recipe-unknown-key",
                key,
                _KINDS,
                file=file,
            )
        if key == "parameters" and isinstance(value, dict):
            # Which there are, and of what kind, the task says.
            continue
        of_text = value.values() if kind is dict and isinstance(value, dict) else value
        if not isinstance(value, kind) or (
            kind is not str and not all(isinstance(item, str) for item in of_text)
        ):
            shown = {"list": "a list of strings", "dict": "a table of strings"}.get(
                kind.__name__, "a string"
            )
            raise UsageError(
                f"the recipe's '{key}' is not usable",
                code="recipe-value",
                file=file,
                expected=shown,
                found=repr(value),
            )
    if not data.get("sources"):
        raise UsageError(
            "the recipe names no source",
            code="recipe-no-source",
            file=file,
            expected='sources = ["..."]',
        )
    folder = file.parent
    known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    for key in ("texts", "evaluation", "card"):
        if key in known:
            known[key] = _existing(folder / _at_home(known[key]), key, file)
    adapter = known.get("adapter")
    if adapter is not None and (folder / _at_home(adapter)).is_dir():
        known["adapter"] = str(folder / _at_home(adapter))
    known["sources"] = tuple(
        str(folder / _at_home(s))
        if not s.startswith("package:") and (folder / _at_home(s)).is_dir()
        else s
        for s in known["sources"]
    )
    return Recipe(**known)


def _at_home(path: str) -> str:
    """With the home in place of ``~``; what has no such user stays."""
    return os.path.expanduser(path)  # noqa: PTH111 - Path's raises


def _existing(path: Path, key: str, file: Path) -> Path:
    if not path.is_file():
        raise UsageError(
            f"the recipe's '{key}' does not exist",
            code="recipe-file-missing",
            file=file,
            expected=f"a file at {path}",
        )
    return path
