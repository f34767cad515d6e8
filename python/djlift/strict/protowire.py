"""The wire format of protobuf, as far as ONNX graphs need it, without the onnx package.

What is read here was checked before, by :mod:`djlift.strict.onnx_wire`.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_Data = mmap.mmap | bytes


class Field(NamedTuple):
    """A field: where its bytes are. Of a number, ``start`` is the value and ``end`` is -1."""

    number: int
    start: int
    end: int


def fields(data: _Data, start: int, end: int) -> Iterator[Field]:
    """The fields of a message, one after the other."""
    at = start
    while at < end:
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield Field(tag >> 3, value, -1)
        elif wire == _BYTES:
            length, at = _varint(data, at)
            yield Field(tag >> 3, at, at + length)
            at += length
        elif wire in (_FIXED32, _FIXED64):
            at += 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"no protobuf at byte {at}")


def numbers(data: _Data, start: int, end: int) -> list[int]:
    """The numbers of a packed field."""
    found = []
    at = start
    while at < end:
        value, at = _varint(data, at)
        found.append(value)
    return found


def number(field: int, value: int) -> bytes:
    """A field that is a number."""
    return _written(field << 3) + _written(value)


def message(field: int, *parts: bytes) -> bytes:
    """A field of bytes: a text, values, or fields within it."""
    data = b"".join(parts)
    return _written(field << 3 | _BYTES) + _written(len(data)) + data


def _varint(data: _Data, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _written(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
