"""The form of the golden files, held before anything is compared: a golden case that lies proves nothing.

``org.djlift.internal.reader.GoldenForm`` refuses exactly the same.
"""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from djlift.base.display import printable
from djlift.strict import limits, strict_json
from djlift.strict.onnx_wire import Refused
from djlift.strict.refusal import Refusal

_INT = 1 << 31
_HEADER = 100_000_000
"""Bytes of a safetensors header, as the library itself allows."""
_STRIDE = re.compile(r"plain|[0-9]{1,6}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_=.-]{0,40}")
"""Names of variants and of their windows, in archives of general tasks."""
_STRATEGIES = {"none", "simple", "first", "average", "max"}
_AROUND = 1 << 16
"""Characters of parameters that may stand around a text of a general task."""
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}

Shapes = dict[str, tuple[int, int]]


def check(folder: Path, vocabulary: int | None, labels: int | None) -> None:
    """Look through golden/ of an unpacked archive.

    Args:
        vocabulary: One more than the largest token id; None if unknown.
        labels: Labels of the model; None if unknown.

    Raises:
        Refused: A file is absent or not of the documented form, tensors overlap or leave gaps, values are not
            finite, ids are no tokens, offsets are outside of the text.
    """
    golden = folder / "golden"
    with _named("golden/logits.safetensors"):
        shapes = tensors(_read(golden / "logits.safetensors"))
    form = _Form(shapes, vocabulary or _INT, labels)
    with _named("golden/cases.jsonl"):
        form.cases(_read(golden / "cases.jsonl"))
    if (golden / "padding.json").is_file():
        with _named("golden/padding.json"):
            form.padding(_object(_read(golden / "padding.json")))


@contextlib.contextmanager
def _named(file: str) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        refused.file = file
        raise


def _read(file: Path) -> bytes:
    if not file.is_file():
        _refuse("the three golden files", f"no {file.name}")
    if file.stat().st_size > limits.GOLDEN:
        raise Refused(Refusal.TOO_LARGE, f"at most {limits.GOLDEN} bytes", "more")
    return file.read_bytes()


def _refuse(expected: str, found: str) -> NoReturn:
    raise Refused(Refusal.GOLDEN, expected, printable(found, 80, mark="?"))


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = strict_json.parse(data)
    except ValueError as cause:
        _refuse("JSON", str(cause))
    return _dict(value)


def _dict(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        _refuse("an object", repr(value))
    return value


def _list(value: Any, length: int | None = None) -> list[Any]:
    if type(value) is not list or (length is not None and len(value) != length):
        _refuse("a list" if length is None else f"a list of {length}", repr(value))
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        _refuse("a text", repr(value))
    return value


def _int(value: Any, limit: int = _INT) -> int:
    if type(value) is not int or not 0 <= value < limit:
        _refuse(f"a whole number from 0 to {limit - 1}", repr(value))
    return value


def tensors(data: bytes) -> Shapes:
    """Shapes by name of a safetensors file: float32 matrices, finite, side by side and nothing else.

    Raises:
        Refused: It is another file.
    """
    length = struct.unpack_from("<Q", data)[0] if len(data) >= 8 else 0
    if not 0 < length <= min(_HEADER, len(data) - 8):
        _refuse("a safetensors file", f"a header of {length} bytes in {len(data)}")
    shapes: Shapes = {}
    places = []
    for name, value in _object(data[8 : 8 + length]).items():
        if name == "__metadata__":
            for text in _dict(value).values():
                _text(text)
            continue
        if set(_dict(value)) != {"dtype", "shape", "data_offsets"} or value["dtype"] != "F32":
            _refuse("tensors of float32", name)
        rows, columns = (_int(n) for n in _list(value["shape"], 2))
        start, end = (_int(n, 1 << 62) for n in _list(value["data_offsets"], 2))
        if end - start != 4 * rows * columns:
            _refuse(f"{4 * rows * columns} bytes for {name}", f"{end - start}")
        shapes[name] = rows, columns
        places.append((start, end))
    at = 0
    for start, end in sorted(places):
        if start != at:
            _refuse("tensors side by side", f"byte {start} after {at}")
        at = end
    if at != len(data) - 8 - length:
        _refuse("tensors side by side", f"{len(data) - 8 - length - at} bytes more")
    values = np.frombuffer(data, dtype="<f4", offset=8 + length)
    if not np.isfinite(values).all():
        _refuse("finite logits", "others")
    return shapes


class _Form:
    """What every case is held against."""

    def __init__(self, shapes: Mapping[str, tuple[int, int]], vocabulary: int, labels: int | None):
        self._left = dict(shapes)
        self._vocabulary = vocabulary
        self._labels = labels
        self._ids: set[str] = set()
        self._general: bool | None = None

    def cases(self, data: bytes) -> None:
        if not data.endswith(b"\n") or b"\r" in data:
            _refuse("lines that end with \\n", "others")
        for line in data[:-1].split(b"\n"):
            self._case(_object(line))
        if self._left:
            _refuse("logits of recorded windows only", next(iter(sorted(self._left))))

    def _case(self, case: dict[str, Any]) -> None:
        name = _text(case.get("id"))
        _text(case.get("group"))
        length = len(_text(case.get("text")))
        if not 0 < len(name) <= 256 or name in self._ids:
            _refuse("an id of its own for each case", name)
        self._ids.add(name)
        general = "input" in case
        if self._general not in (None, general):
            _refuse("cases of one form", name)
        if self._general is None and general:
            # What stands in its logits are other things than labels.
            self._labels = None
        self._general = general
        for stride, windows in _dict(case.get("windows")).items():
            _name(stride) if general else _stride(stride)
            for number, window in enumerate(_list(windows)):
                # A prompt or a template of the parameters may stand around a text.
                room = length + _AROUND if general else length
                self._window(_dict(window), f"{name}/{stride}/{number}", room)
        if general:
            _dict(case["input"])
            for variant, output in _dict(case.get("outputs")).items():
                _name(variant)
                _dict(output)
            return
        _outputs(case.get("outputs"), length)
        if "strides" in case:
            for stride, outputs in _dict(case["strides"]).items():
                _stride(stride)
                _outputs(outputs, length)

    def _window(self, window: dict[str, Any], tensor: str, length: int) -> None:
        ids = _list(window.get("ids"))
        for token in ids:
            _int(token, self._vocabulary)
        for key in ("type_ids", "special"):
            for number in _list(window.get(key), len(ids)):
                _int(number)
        for pair in _list(window.get("offsets"), len(ids)):
            start, end = _list(pair, 2)
            _span(start, end, length)
        shape = self._left.pop(tensor, None)
        if shape is None and self._general:
            # Too large to travel along.
            return
        if shape is None:
            _refuse(f"logits for {tensor}", "none")
        self._labels = shape[1] if self._labels is None else self._labels
        rows = shape[0] if self._general and shape[0] <= len(ids) else len(ids)
        if shape != (rows, self._labels):
            _refuse(
                f"logits of {len(ids)} x {self._labels} for {tensor}", f"{shape[0]} x {shape[1]}"
            )

    def padding(self, data: dict[str, Any]) -> None:
        names = [_text(name) for name in _list(data.get("cases"))]
        for name in names:
            if name not in self._ids:
                _refuse("recorded cases in padding.json", name)
        width = None
        for key, rows in data.items():
            if key == "cases":
                continue
            if key not in _INPUTS:
                _refuse("inputs of the graph in padding.json", key)
            for row in _list(rows, len(names)):
                width = len(_list(row)) if width is None else width
                for number in _list(row, width):
                    _int(number, self._vocabulary if key == "input_ids" else _INT)


def _stride(stride: str) -> None:
    if not _STRIDE.fullmatch(stride):
        _refuse("strides as numbers", stride)


def _name(name: str) -> None:
    if not _NAME.fullmatch(name):
        _refuse("names of variants", name)


def _span(start: Any, end: Any, length: int) -> None:
    if _int(start) > _int(end) or end > length:
        _refuse(f"offsets within {length} characters", f"{start} to {end}")


def _outputs(outputs: Any, length: int) -> None:
    for strategy, entities in _dict(outputs).items():
        if strategy not in _STRATEGIES:
            _refuse("aggregation strategies", strategy)
        for entity in _entities(entities):
            _text(entity.get("label"))
            _text(entity.get("word"))
            _span(entity.get("start"), entity.get("end"), length)
            if "index" in entity:
                _int(entity["index"])
            if "score" not in entity or type(entity["score"]) not in (int, float, type(None)):
                _refuse("a score", repr(entity.get("score")))


def _entities(value: Any) -> Iterator[dict[str, Any]]:
    return (_dict(entity) for entity in _list(value))
