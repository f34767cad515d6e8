"""Walks model.onnx as it lies on the disk: what it may hold, before any runtime sees it.

ONNX Runtime opens whatever file a weight is said to be in, resolves operators of any domain that somebody
registered, and inlines functions until memory ends. A graph of a djlift archive needs none of that. Only
the wire format of protobuf is read here, and weights are passed over, so that a graph of gigabytes costs as
much as its nodes. ``org.djlift.internal.reader.OnnxWire`` takes exactly the same.

Source of the field numbers: onnx/onnx.proto, ONNX 1.17.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from djlift.strict import limits
from djlift.strict.refusal import Refusal

WEIGHTS = "model.onnx.data"
DOMAINS = ("", "ai.onnx", "com.microsoft")
NODES = 200_000
FIELDS = 2_000_000
"""Protobuf fields that are looked at: a file of empty ones is small and takes long."""
DEPTH = 32
"""Graphs within graphs."""
# Reads a compiled graph from a file that it names; runs without end if its own graph says so.
_OPERATORS = ("EPContext", "Loop", "Scan")
_STRING_LIMIT = 1 << 16
_INT32 = (1 << 31) - 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_Data = mmap.mmap | bytes


class Refused(Exception):
    """A file that no djlift archive holds: a code, what was expected and what was found."""

    def __init__(self, code: Refusal, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.code, self.expected, self.found = code, expected, found
        self.file: str | None = None


def check(file: Path) -> None:
    """Look through a model.onnx.

    Raises:
        Refused: It is no ONNX model, or one with weights elsewhere, foreign operators, functions, sparse
            tensors, or more nodes than :data:`NODES`.
    """
    weights = file.with_name(WEIGHTS)
    beside = weights.stat().st_size if weights.is_file() else None
    size = file.stat().st_size
    if not 0 < size <= limits.GRAPH:
        raise Refused(
            Refusal.GRAPH, f"an ONNX model of at most {limits.GRAPH} bytes", f"{size} bytes"
        )
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        check_bytes(data, beside)


def check_bytes(data: _Data, weights: int | None) -> None:
    """Look through a model in memory; ``weights`` is the size of model.onnx.data, None without one."""
    if data[4:8] == b"ORTM":
        _refuse(Refusal.GRAPH, "an ONNX model", "ONNX Runtime's own format")
    _Walk(data, weights).model()


def _refuse(code: Refusal, expected: str, found: str) -> NoReturn:
    raise Refused(code, expected, found)


@dataclass
class _Walk:
    """Where the walk is and how much it has seen."""

    data: _Data
    weights: int | None
    fields: int = 0
    nodes: int = 0

    def model(self) -> None:
        seen: set[int] = set()
        for number, start, end in self._messages(0, len(self.data), (7, 8, 14, 20, 25), once=(7,)):
            seen.add(number)
            if number == 7:
                self._graph(start, end, 1)
            elif number == 8:
                self._opset(start, end)
            elif number == 14:
                self._metadata(start, end)
            else:
                what = "a function" if number == 25 else "training"
                _refuse(Refusal.GRAPH_OPERATOR, "a graph of operators only", what)
        if not {7, 8} <= seen:
            _refuse(Refusal.GRAPH, "an ONNX model with a graph and an opset", "none")

    def _opset(self, start: int, end: int) -> None:
        for _, at, to in self._messages(start, end, (1,), once=(1,)):
            self._domain(self._string(at, to))

    def _domain(self, domain: str) -> None:
        if domain not in DOMAINS:
            expected = "operators of ONNX and of com.microsoft"
            _refuse(Refusal.GRAPH_OPERATOR, expected, f"the domain '{domain[:60]}'")

    def _metadata(self, start: int, end: int) -> None:
        for _, at, to in self._messages(start, end, (1,), once=(1,)):
            if self._string(at, to) == "ort_config":
                _refuse(Refusal.GRAPH, "no settings of ONNX Runtime in the graph", "ort_config")

    def _graph(self, start: int, end: int, depth: int) -> None:
        if depth > DEPTH:
            _refuse(Refusal.GRAPH_SIZE, f"graphs nested at most {DEPTH} deep", "deeper ones")
        for number, at, to in self._messages(start, end, (1, 5, 15)):
            if number == 1:
                self._node(at, to, depth)
            elif number == 5:
                self._tensor(at, to)
            else:
                _refuse(Refusal.GRAPH, "dense tensors", "a sparse one")

    def _node(self, start: int, end: int, depth: int) -> None:
        self.nodes += 1
        if self.nodes > NODES:
            _refuse(Refusal.GRAPH_SIZE, f"at most {NODES} nodes", "more")
        for number, at, to in self._messages(start, end, (4, 5, 7), once=(4, 7)):
            if number == 5:
                self._attribute(at, to, depth)
            elif number == 7:
                self._domain(self._string(at, to))
            elif self._string(at, to) in _OPERATORS:
                expected = "operators that end and open no file"
                _refuse(Refusal.GRAPH_OPERATOR, expected, self._string(at, to))

    def _attribute(self, start: int, end: int, depth: int) -> None:
        below = self._messages(start, end, (5, 6, 10, 11, 22, 23), once=(5, 6))
        for number, at, to in below:
            if number in (5, 10):
                self._tensor(at, to)
            elif number in (6, 11):
                self._graph(at, to, depth + 1)
            else:
                _refuse(Refusal.GRAPH, "dense tensors", "a sparse one")

    def _tensor(self, start: int, end: int) -> None:
        """Dense values in the file itself, or in model.onnx.data and within it."""
        where: dict[str, str] = {}
        external = False
        at = start
        while at < end:
            number, wire, at, value = self._field(at, end)
            if number == 13:
                self._wire(wire, _BYTES)
                self._entry(value, at, where)
                external = True
            elif number == 14:
                self._wire(wire, _VARINT)
                external |= value != 0
        if external:
            self._external(where)

    def _entry(self, start: int, end: int, where: dict[str, str]) -> None:
        pair = {1: "", 2: ""}
        for number, at, to in self._messages(start, end, (1, 2), once=(1, 2)):
            pair[number] = self._string(at, to)
        if pair[1] in where:
            _refuse(Refusal.GRAPH_FILE, "each fact about a weight once", f"'{pair[1][:60]}' twice")
        where[pair[1]] = pair[2]

    def _external(self, where: dict[str, str]) -> None:
        foreign = set(where) - {"location", "offset", "length", "checksum"}
        if where.get("location") != WEIGHTS or self.weights is None or foreign:
            found = f"'{where.get('location', '')[:60]}'" if not foreign else "other facts"
            _refuse(Refusal.GRAPH_FILE, f"weights in the graph or in {WEIGHTS} beside it", found)
        offset = self._number(where.get("offset", "0"))
        length = self._number(where.get("length", "0"))
        if offset + length > self.weights:
            found = f"{offset} + {length} bytes of {self.weights}"
            _refuse(Refusal.GRAPH_FILE, f"weights within {WEIGHTS}", found)

    @staticmethod
    def _number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            _refuse(Refusal.GRAPH_FILE, "offset and length as numbers", f"'{text[:60]}'")
        return int(text)

    def _messages(
        self, start: int, end: int, numbers: tuple[int, ...], once: tuple[int, ...] = ()
    ) -> Iterator[tuple[int, int, int]]:
        """Places of the length-delimited fields with these numbers."""
        at = start
        seen: set[int] = set()
        while at < end:
            number, wire, at, value = self._field(at, end)
            if number in numbers:
                self._wire(wire, _BYTES)
                if number in seen:
                    # Protobuf would merge the two, or take the last.
                    _refuse(Refusal.GRAPH, "each field once", f"field {number} twice")
                if number in once:
                    seen.add(number)
                yield number, value, at

    def _field(self, at: int, end: int) -> tuple[int, int, int, int]:
        """A field: its number, its wire type, its end, and its start or value."""
        self.fields += 1
        if self.fields > FIELDS:
            _refuse(Refusal.GRAPH_SIZE, f"at most {FIELDS} fields", "more")
        tag = self.data[at]
        at += 1
        if tag > 127:
            tag, at = self._varint(at - 1, end)
        wire = tag & 7
        if not 8 <= tag < 1 << 32:
            _refuse(Refusal.GRAPH, "an ONNX model", f"no protobuf at byte {at}")
        value = 0
        if wire in (_VARINT, _BYTES):
            value, at = self._varint(at, end)
        if wire == _BYTES:
            value, at = at, at + value
        elif wire in (_FIXED32, _FIXED64):
            at += 4 if wire == _FIXED32 else 8
        elif wire != _VARINT:
            _refuse(Refusal.GRAPH, "an ONNX model", f"no protobuf at byte {at}")
        if at > end:
            _refuse(Refusal.GRAPH, "an ONNX model", f"a field past its end at byte {end}")
        return tag >> 3, wire, at, value

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        """A number in its shortest form: parsers differ in what they make of others."""
        value = shift = 0
        while at < end and shift < 64:
            byte = self.data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                if value >> 64 or (byte == 0 and shift):
                    break
                return value, at
            shift += 7
        _refuse(Refusal.GRAPH, "an ONNX model", f"no protobuf number at byte {at}")

    def _wire(self, wire: int, expected: int) -> None:
        if wire != expected:
            _refuse(Refusal.GRAPH, "an ONNX model", "a field of another kind")

    def _string(self, start: int, end: int) -> str:
        if end - start > _STRING_LIMIT:
            _refuse(Refusal.GRAPH, f"names of at most {_STRING_LIMIT} bytes", f"{end - start}")
        try:
            return self.data[start:end].decode("utf-8")
        except UnicodeDecodeError:
            _refuse(Refusal.GRAPH, "names in UTF-8", "other bytes")
