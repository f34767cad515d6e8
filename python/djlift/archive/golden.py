"""What fp32 PyTorch gave: the golden cases that travel inside an archive.

The layout of the three files is described in ``docs/archive.md``. Everything here is a value; recording them is
:mod:`djlift.tasks.token_classification.reference`, comparing with them is :mod:`djlift.parity`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from djlift.archive.windows import PLAIN, Window
from djlift.errors import ArchiveError

FOLDER = "golden"
CASES = "golden/cases.jsonl"
PADDING = "golden/padding.json"
LOGITS = "golden/logits.safetensors"


@dataclass(frozen=True)
class Entity:
    """One entity as the Hugging Face pipeline returns it.

    Attributes:
        start: First code point of the entity in its text.
        end: Code point after the last.
        index: Token position, under the strategy ``none`` only.
    """

    label: str
    score: float
    word: str
    start: int
    end: int
    index: int | None = None

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Entity:
        """Read the JSON form; a missing or mistyped field raises KeyError, TypeError or ValueError."""
        score = data["score"]
        index = data.get("index")
        return Entity(
            label=str(data["label"]),
            score=float("nan") if score is None else float(score),
            word=str(data["word"]),
            start=int(data["start"]),
            end=int(data["end"]),
            index=None if index is None else int(index),
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON form used in cases.jsonl."""
        data: dict[str, Any] = {
            "label": self.label,
            # float32 scores: nine digits carry all of one
            "score": float(f"{self.score:.9g}"),
            "word": self.word,
            "start": self.start,
            "end": self.end,
        }
        if self.index is not None:
            data["index"] = self.index
        return data

    @property
    def identity(self) -> tuple[str, int, int, str, int | None]:
        """All that must be exactly equal: everything but the score."""
        return (self.label, self.start, self.end, self.word, self.index)


@dataclass(frozen=True)
class Case:
    """A text with everything the reference made of it.

    Attributes:
        windows: Windows by stride (:data:`PLAIN`, ``"32"``, ...).
        outputs: Entities by aggregation strategy, for the plain call.
        strides: Entities by stride, then by aggregation strategy.
    """

    id: str
    group: str
    text: str
    windows: Mapping[str, tuple[Window, ...]]
    outputs: Mapping[str, tuple[Entity, ...]]
    strides: Mapping[str, Mapping[str, tuple[Entity, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Answered(Case):
    """An input of a general task with everything the reference made of it.

    Attributes:
        text: The input as reports show it.
        given: The input itself, as JSON data.
        answers: The outputs as JSON data, by variant.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class PaddedBatch:
    """Some cases in one batch, padded by the reference's tokenizer.

    Attributes:
        cases: Ids of the cases, in the order of the rows.
        inputs: Rows by input name, each padded to the longest: ints, shape (batch, tokens).
    """

    cases: tuple[str, ...]
    inputs: Mapping[str, tuple[tuple[int, ...], ...]]


@dataclass(frozen=True)
class Golden:
    """All cases of an archive and one padded batch."""

    cases: tuple[Case, ...]
    padding: PaddedBatch

    def logit_range(self) -> float:
        """Largest minus smallest reference logit over all cases; the scale of the fp16 tolerance."""
        logits = [w.logits for c in self.cases for w in c.windows.get(PLAIN, ()) if w.logits.size]
        if not logits:
            return 0.0
        return float(max(a.max() for a in logits) - min(a.min() for a in logits))

    def write(self, archive: Path) -> None:
        """Write the three golden files below ``archive``; the same value gives the same bytes."""
        (archive / FOLDER).mkdir(parents=True, exist_ok=True)
        with (archive / CASES).open("w", encoding="utf-8", newline="\n") as out:
            for case in self.cases:
                out.write(json.dumps(_case_to_dict(case), ensure_ascii=True, separators=(",", ":")))
                out.write("\n")
        padding = {"cases": list(self.padding.cases)} | {
            name: [list(row) for row in rows] for name, rows in self.padding.inputs.items()
        }
        (archive / PADDING).write_text(json.dumps(padding, sort_keys=True) + "\n", encoding="utf-8")
        tensors = {
            f"{case.id}/{stride}/{number}": np.ascontiguousarray(window.logits, dtype=np.float32)
            for case in self.cases
            for stride, windows in case.windows.items()
            for number, window in enumerate(windows)
            if not isinstance(case, Answered) or window.logits.shape != (0, 0)
        }
        (archive / LOGITS).write_bytes(save(dict(sorted(tensors.items()))))

    @staticmethod
    def read(archive: Path) -> Golden:
        """Read the golden files of an unpacked archive.

        Raises:
            ArchiveError: A file is missing, cut or not of the documented form.
        """
        file = archive / CASES
        try:
            file = archive / LOGITS
            logits = load_file(file)
            file = archive / CASES
            with file.open(encoding="utf-8") as lines:
                cases = tuple(_case_from_dict(json.loads(line), logits) for line in lines)
            if not cases:
                raise ValueError("no case: nothing would be compared")
            file = archive / PADDING
            data = json.loads(file.read_text(encoding="utf-8"))
            padding = PaddedBatch(
                cases=tuple(data.pop("cases")),
                inputs={
                    name: tuple(tuple(int(i) for i in row) for row in rows)
                    for name, rows in data.items()
                },
            )
            if any(len({len(row) for row in rows}) > 1 for rows in padding.inputs.values()):
                raise ValueError("rows of different lengths")
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
            SafetensorError,
        ) as cause:
            raise ArchiveError(
                "a golden file of the archive cannot be read",
                code="golden",
                file=file.relative_to(archive),
                expected="the form described in docs/archive.md",
                found=f"{type(cause).__name__}: {cause}",
                mend="build the archive again",
            ) from cause
        return Golden(cases, padding)


def _case_to_dict(case: Case) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": case.id,
        "group": case.group,
        "text": case.text,
        "windows": {
            stride: [
                {
                    "ids": w.ids.tolist(),
                    "type_ids": w.type_ids.tolist(),
                    "special": w.special.tolist(),
                    "offsets": w.offsets.tolist(),
                }
                for w in windows
            ]
            for stride, windows in case.windows.items()
        },
    }
    if isinstance(case, Answered):
        return data | {"input": dict(case.given), "outputs": dict(case.answers)}
    data["outputs"] = _outputs_to_dict(case.outputs)
    if case.strides:
        data["strides"] = {s: _outputs_to_dict(o) for s, o in case.strides.items()}
    return data


def _outputs_to_dict(outputs: Mapping[str, tuple[Entity, ...]]) -> dict[str, Any]:
    return {strategy: [e.to_dict() for e in entities] for strategy, entities in outputs.items()}


def _case_from_dict(data: Mapping[str, Any], logits: Mapping[str, NDArray[np.float32]]) -> Case:
    general = "input" in data
    windows = {
        stride: tuple(
            _window_from_dict(w, logits, f"{data['id']}/{stride}/{number}", general=general)
            for number, w in enumerate(listed)
        )
        for stride, listed in data["windows"].items()
    }
    if general:
        return Answered(
            id=str(data["id"]),
            group=str(data["group"]),
            text=str(data["text"]),
            windows=windows,
            outputs={},
            given=dict(data["input"]),
            answers=dict(data["outputs"]),
        )
    return Case(
        id=str(data["id"]),
        group=str(data["group"]),
        text=str(data["text"]),
        windows=windows,
        outputs=_outputs_from_dict(data["outputs"]),
        strides={s: _outputs_from_dict(o) for s, o in data.get("strides", {}).items()},
    )


def _window_from_dict(
    data: Mapping[str, Any], tensors: Mapping[str, NDArray[np.float32]], name: str, *, general: bool
) -> Window:
    count = len(data["ids"])
    nothing: NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)
    logits = tensors.get(name, nothing) if general else tensors[name]

    def numbers(key: str, *shape: int) -> NDArray[np.int64]:
        return np.asarray(data[key], dtype=np.int64).reshape(count, *shape)

    if logits.ndim != 2 or (len(logits) != count and not general):
        raise ValueError(f"logits of shape {logits.shape} for {count} tokens")
    return Window(
        numbers("ids"), numbers("type_ids"), numbers("special"), numbers("offsets", 2), logits
    )


def _outputs_from_dict(data: Mapping[str, Any]) -> dict[str, tuple[Entity, ...]]:
    return {s: tuple(Entity.from_dict(e) for e in listed) for s, listed in data.items()}
