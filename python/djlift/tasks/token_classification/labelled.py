"""Labelled text: reading it, and the entity F1 of answers to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.archive.golden import Entity
from djlift.archive.manifest import Manifest
from djlift.base.files import sha256
from djlift.checkpoints.recipe import Recipe
from djlift.errors import TextsError, require
from djlift.texts import files

STRATEGY = "first"
"""Words are labelled by their first token: what the labelled words are compared with."""
ENTITIES = 100
"""Fewer labelled entities than this judge no precision by themselves."""
_FIELDS = 2
_PREFIXES = ("B-", "I-", "E-", "S-")


@dataclass(frozen=True)
class Sentence:
    """Words and their tags, of a scheme that seqeval reads; the text is the words joined by a space."""

    words: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentence as it is given to the model."""
        return " ".join(self.words)


@dataclass(frozen=True)
class Labelled:
    """Labelled sentences and the F1 that the reference reaches on them."""

    sentences: tuple[Sentence, ...]
    reference: float


def read(file: Path) -> tuple[Sentence, ...]:
    """Read a CoNLL file: a word and its tag a line (first and last field), an empty line between sentences.

    Raises:
        TextsError: The file is not UTF-8, or a line has no tag, or one of another scheme than IOB1, IOB2 and
            BIOES; the line is named. Or no word is in an entity.
    """
    try:
        with file.open("rb") as data:
            lines = [files.decoded(line, str(file), n) for n, line in enumerate(data, 1)]
    except OSError as cause:
        raise TextsError(
            "the labelled text cannot be read",
            code="labelled-text-unreadable",
            file=file,
            found=str(cause),
        ) from cause
    sentences: list[Sentence] = []
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        # Blanks and tabs only: other spaces are part of their word.
        fields = re.split("[ \t]+", line.strip(" \t\r")) if line.strip(" \t\r") else []
        if fields and fields[0] == "-DOCSTART-":
            continue
        if fields:
            tag = fields[-1]
            if len(fields) < _FIELDS or not (tag == "O" or (tag[:2] in _PREFIXES and tag[2:])):
                raise TextsError(
                    "a line of the labelled text is not usable",
                    code="labelled-text-line",
                    file=f"{file}, line {number}",
                    expected="a word and a tag of IOB1, IOB2 or BIOES: O, or B-, I-, E- or S- and a label",
                    found=line[:60],
                )
            words.append(fields[0])
            tags.append(tag)
        elif words:
            sentences.append(Sentence(tuple(words), tuple(tags)))
            words, tags = [], []
    if not sentences:
        raise TextsError(
            "the labelled text holds no sentence", code="labelled-text-empty", file=file
        )
    if not _labels(sentences):
        raise TextsError(
            "the labelled text holds no entity",
            code="labelled-text-no-entity",
            file=file,
            expected="words with tags other than O: without any there is no F1",
            found=f"{len(sentences)} sentences, every tag O",
        )
    return tuple(sentences)


def require_labels(sentences: Sequence[Sentence], file: Path | None, model: Sequence[str]) -> None:
    """Refuse labelled text with labels that a model cannot give: it would be measured on others.

    Args:
        model: The model's labels, as its configuration has them; empty where they are not known yet.

    Raises:
        TextsError: The text has others.
    """
    # What transformers' pipeline calls an entity of each.
    known = {label[2:] if label[:2] in ("B-", "I-") else label for label in model} - {"O"}
    lacking = [label for label in _labels(sentences) if label not in known]
    if model and lacking:
        raise TextsError(
            "the labelled text has labels that the model lacks",
            code="labelled-text-labels",
            file=file,
            expected=f"among {', '.join(sorted(known))}",
            found=", ".join(lacking),
            mend="rename them in the text, or tag their words O",
        )


def _labels(sentences: Sequence[Sentence]) -> list[str]:
    return sorted({tag[2:] for s in sentences for tag in s.tags if tag != "O"})


def scheme(sentences: Sequence[Sentence]) -> str:
    """How the tags are written: ``IOB1``, ``IOB2``, both ways in one text, or ``BIOES``.

    In IOB2 every entity begins with B-. In IOB1 B- stands only where an entity follows another of its label.
    """
    one = two = False
    for sentence in sentences:
        for before, tag in zip(("O", *sentence.tags), sentence.tags, strict=False):
            if tag[:2] in ("E-", "S-"):
                return "BIOES"
            begins = tag != "O" and before[2:] != tag[2:]
            one = one or (begins and tag[0] == "I")
            two = two or (begins and tag[0] == "B")
    return "IOB1 and IOB2 mixed" if one and two else "IOB1" if one else "IOB2"


def entities(sentences: Sequence[Sentence]) -> int:
    """How many entities seqeval sees: by the rule that F1 counts them by, in every scheme."""
    require("seqeval", "export", "measuring accuracy")
    from seqeval.metrics.sequence_labeling import get_entities

    return len(get_entities([list(s.tags) for s in sentences]))


def tagged(sentence: Sentence, entities: Sequence[Entity]) -> list[str]:
    """Entities of a sentence as one BIO2 tag per word; a word belongs to the entity it overlaps first."""
    tags = ["O"] * len(sentence.words)
    start = 0
    begun: set[int] = set()
    for number, word in enumerate(sentence.words):
        end = start + len(word)
        for which, entity in enumerate(entities):
            if entity.start < end and entity.end > start:
                tags[number] = f"{'I' if which in begun else 'B'}-{entity.label}"
                begun.add(which)
                break
        start = end + 1
    return tags


def f1(sentences: Sequence[Sentence], answers: Sequence[Sequence[Entity]]) -> float:
    """Entity F1 (seqeval, micro average) of answers to the sentences; 0.0 to 1.0."""
    require("seqeval", "export", "measuring accuracy")
    from seqeval.metrics import f1_score

    truth = [list(s.tags) for s in sentences]
    guessed = [tagged(s, a) for s, a in zip(sentences, answers, strict=True)]
    return float(f1_score(truth, guessed))


def reference_answers(pipe: Any, sentences: Sequence[Sentence]) -> list[tuple[Entity, ...]]:
    """What the transformers pipeline gives for each sentence."""
    from djlift.tasks.token_classification.reference import entities

    return [entities(pipe(s.text, aggregation_strategy=STRATEGY)) for s in sentences]


def decides(labelled: Labelled) -> bool:
    """Whether labelled text can stand in for agreement: enough entities, and some that the reference finds.

    F1 of a model that finds none is 0 on both sides, and never drops.
    """
    return labelled.reference > 0 and entities(labelled.sentences) >= ENTITIES


def known(
    manifest: Manifest, file: Path, sentences: Sequence[Sentence], reference: Recipe | None
) -> Labelled | None:
    """Labelled sentences of a file with the reference's F1 on them; None where it cannot be known.

    It is recorded when the archive was built with the same file; else the reference is asked.

    Raises:
        SourceError: ``reference`` is not what the archive was made of.
    """
    if reference is not None:
        from djlift.tasks.frame.loading import loaded_reference
        from djlift.tasks.token_classification.reference import pipeline
        from djlift.tasks.token_classification.task import TASK

        loaded = loaded_reference(manifest, reference, TASK)
        answers = reference_answers(pipeline(loaded), sentences)
        return Labelled(tuple(sentences), f1(sentences, answers))
    return recorded(manifest, file, sentences)


def recorded(manifest: Manifest, file: Path, sentences: Sequence[Sentence]) -> Labelled | None:
    """The same from the manifest alone; None when the archive was not built with this file."""
    facts = manifest.accuracy or {}
    figure = facts.get("reference")
    if not isinstance(figure, float) or facts.get("sha256") != sha256(file):
        return None
    return Labelled(tuple(sentences), figure)
