"""Every hostile archive by name and kind, and what the two readers say of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from djlift.archive.container import opened
from djlift.errors import ArchiveError
from djlift.strict.refusal import Refusal
from tests.support.hostile.embedding import EMBEDDINGS
from tests.support.hostile.golden import RECORDED, TENSORS
from tests.support.hostile.graphs import EXTERNAL_DATA, NO_GRAPHS, OPERATORS, SIZES
from tests.support.hostile.limits import LIMITS
from tests.support.hostile.manifests import MANIFESTS
from tests.support.hostile.text_files import JSON_CASES, SETTINGS_CASES, TOKENIZERS
from tests.support.hostile.zips import BOMBS, KINDS, LIES, MANY, NAMES

Case = tuple[Callable[[], bytes], Refusal]

KINDS_OF_CASES: Mapping[str, Mapping[str, Case]] = {
    "Names of entries": NAMES,
    "Kinds of entries": KINDS,
    "Headers that lie": LIES,
    "Bombs": BOMBS,
    "Entries": MANY,
    "Limits": LIMITS,
    "The manifest": MANIFESTS,
    "Weights elsewhere": EXTERNAL_DATA,
    "Operators": OPERATORS,
    "Size of the graph": SIZES,
    "No graph": NO_GRAPHS,
    "serving.properties": SETTINGS_CASES,
    "JSON files": JSON_CASES,
    "tokenizer.json": TOKENIZERS,
    "embedding.json and dense.safetensors": EMBEDDINGS,
    "golden/logits.safetensors": TENSORS,
    "golden/cases.jsonl and padding.json": RECORDED,
}
CASES: Mapping[str, Case] = {
    f"{kind}: {name}": case
    for kind, cases in KINDS_OF_CASES.items()
    for name, case in cases.items()
}
SLOW = tuple(f"Size of the graph: {name}" for name in SIZES)
"""Cases whose bytes are many: tracing every allocation would take a minute."""


def said_by_python(path: Path) -> str:
    """The code by which Python refuses an archive, or of its first problem; empty when nothing is wrong."""
    try:
        with opened(path) as found:
            return str(found.problems[0].code) if found.problems else ""
    except ArchiveError as refusal:
        return str(refusal.code)


def said_by_java(archive_class: Any, path: Path) -> str:
    """The code by which ``org.djlift.Archive`` refuses an archive; empty when nothing is wrong.

    Raises:
        AssertionError: It fails in another way than by an ArchiveException that names the file.
    """
    import jpype

    try:
        with archive_class.open(jpype.JClass("java.nio.file.Path").of(str(path))) as found:
            assert found.manifest() is not None
    except jpype.JException as thrown:
        kind = str(thrown.getClass().getName())
        assert kind == "org.djlift.archive.ArchiveException", f"{kind}: {thrown.getMessage()}"
        assert str(thrown.file()).startswith(str(path))
        told = str(thrown.getMessage()).removeprefix(str(thrown.file()))
        assert len(told) < 2000
        assert told.isprintable()
        return str(thrown.refusal().code())
    return ""
