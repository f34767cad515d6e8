"""Golden files that lie, by name: shapes, offsets and ids that a reader would follow out of an array."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from djlift.strict.refusal import Refusal
from tests.support.hostile.manifests import nested
from tests.support.hostile.whole_archive import archive, edited, files, replaced

Case = tuple[Callable[[], bytes], Refusal]
CASES, LOGITS, PADDING = "golden/cases.jsonl", "golden/logits.safetensors", "golden/padding.json"
_FIRST = "news-001/plain/0"


def case(edit: Callable[[Any], Any]) -> Case:
    """The first recorded case edited as a value."""

    def make() -> bytes:
        first, rest = files()[CASES].split(b"\n", 1)
        data = json.loads(first)
        edit(data)
        return archive({CASES: json.dumps(data).encode() + b"\n" + rest})

    return make, Refusal.GOLDEN


def window(edit: Callable[[Any], Any]) -> Case:
    """The first recorded window edited as a value."""
    return case(lambda c: edit(c["windows"]["plain"][0]))


def entity(**changes: Any) -> Case:
    """The first recorded entity with other fields."""
    return case(lambda c: c["outputs"]["simple"][0].update(changes))


def header(edit: Callable[[Any], Any]) -> Case:
    """The header of the tensors edited as a value, its length put right."""

    def make() -> bytes:
        data = files()[LOGITS]
        (length,) = struct.unpack_from("<Q", data)
        head = json.loads(data[8 : 8 + length])
        edit(head)
        text = json.dumps(head).encode()
        return archive({LOGITS: struct.pack("<Q", len(text)) + text + data[8 + length :]})

    return make, Refusal.GOLDEN


def tensor(**changes: Any) -> Case:
    """One tensor's record with other fields."""
    return header(lambda h: h[_FIRST].update(changes))


def bytes_of(name: str, edit: Callable[[bytes], bytes]) -> Case:
    """A golden file edited as bytes."""
    return (lambda: archive({name: edit(files()[name])})), Refusal.GOLDEN


def padding(edit: Callable[[Any], Any]) -> Case:
    """The padded batch edited as a value."""
    return edited(PADDING, edit), Refusal.GOLDEN


def _length(value: int) -> Case:
    return bytes_of(LOGITS, lambda d: struct.pack("<Q", value) + d[8:])


def _value(value: float) -> Case:
    return bytes_of(LOGITS, lambda d: d[:-4] + np.float32(value).tobytes())


def _overlap(head: Any) -> None:
    one, other, *_ = (v for v in head.values() if v["shape"] == head[_FIRST]["shape"])
    other["data_offsets"] = one["data_offsets"]


TENSORS: dict[str, Case] = {
    "tensors of nothing": (replaced(LOGITS, b""), Refusal.GOLDEN),
    "tensors of four bytes": (replaced(LOGITS, b"\1\0\0\0"), Refusal.GOLDEN),
    "tensors of noise": (replaced(LOGITS, bytes(range(256))), Refusal.GOLDEN),
    "tensors that are a pickle": (replaced(LOGITS, b"\x80\x04cos\nsystem\n."), Refusal.GOLDEN),
    "header of nothing": _length(0),
    "header past the end": _length(1 << 20),
    "header of exabytes": _length(1 << 60),
    "header below zero": _length((1 << 64) - 1),
    "header that is a list": (
        replaced(LOGITS, struct.pack("<Q", 2) + b"[]"),
        Refusal.GOLDEN,
    ),
    "header nested deep": (
        replaced(LOGITS, struct.pack("<Q", 20_000) + nested(10_000).encode()),
        Refusal.GOLDEN,
    ),
    "header with a tensor twice": bytes_of(
        LOGITS, lambda d: d.replace(b"social-001/plain/0", b"news-001/plain/0  ")
    ),
    "tensor of another type": tensor(dtype="F16"),
    "tensor of an unknown type": tensor(dtype="PICKLE"),
    "tensor with a field more": tensor(code="evil"),
    "tensor without type": header(lambda h: h[_FIRST].pop("dtype")),
    "tensor of one dimension": tensor(shape=[25]),
    "tensor of three dimensions": tensor(shape=[5, 5, 1]),
    "tensor of other rows": tensor(shape=[4, 5]),
    "tensor of swapped sides": tensor(shape=[25, 1]),
    "tensor of negative sides": tensor(shape=[-5, -5]),
    "tensor of sides whose product is small": tensor(shape=[1 << 30, 1 << 34]),
    "tensor of huge sides": tensor(shape=[2147483647, 2147483647]),
    "tensor of sides past 64 bits": tensor(shape=[1 << 70, 0]),
    "tensor past the end": tensor(data_offsets=[1 << 30, (1 << 30) + 100]),
    "tensor before the start": tensor(data_offsets=[-100, 0]),
    "tensor that ends before it starts": tensor(data_offsets=[100, 0]),
    "tensor of float offsets": tensor(data_offsets=[0.0, 100.0]),
    "tensors that overlap": header(_overlap),
    "tensor that is missing": header(lambda h: h.pop(_FIRST)),
    "tensor that nobody recorded": bytes_of(
        LOGITS, lambda d: d.replace(b"news-001/plain/0", b"evil-001/plain/0")
    ),
    "bytes behind the tensors": bytes_of(LOGITS, lambda d: d + bytes(4)),
    "tensors cut": bytes_of(LOGITS, lambda d: d[:-4]),
    "logit that is NaN": _value(float("nan")),
    "logit that is infinite": _value(float("-inf")),
    "metadata that is a number": header(lambda h: h.update(__metadata__={"x": 1})),
}

RECORDED: dict[str, Case] = {
    "no case": (replaced(CASES, b""), Refusal.GOLDEN),
    "case that is a list": (replaced(CASES, b"[]\n"), Refusal.GOLDEN),
    "case nested deep": (replaced(CASES, nested(50_000).encode() + b"\n"), Refusal.GOLDEN),
    "case with a key twice": bytes_of(CASES, lambda d: d.replace(b"{", b'{"id":"x",', 1)),
    "case with NaN": bytes_of(CASES, lambda d: d.replace(b'"score":0.98765432', b'"score":NaN', 1)),
    "blank line": bytes_of(CASES, lambda d: d + b"\n"),
    "no line break at the end": bytes_of(CASES, lambda d: d[:-1]),
    "line that ends as on Windows": bytes_of(CASES, lambda d: d.replace(b"\n", b"\r\n")),
    "same case twice": bytes_of(CASES, lambda d: d + d.split(b"\n")[0] + b"\n"),
    "case without id": case(lambda c: c.pop("id")),
    "case whose id is a number": case(lambda c: c.update(id=7)),
    "case whose id is empty": case(lambda c: c.update(id="")),
    "case without text": case(lambda c: c.pop("text")),
    "text with half a character": bytes_of(
        CASES, lambda d: d.replace(b"Anna met Tom", b"Anna \\udc00  Tom", 1)
    ),
    "shorter text": case(lambda c: c.update(text="Anna")),
    "windows that are a list": case(lambda c: c.update(windows=[])),
    "stride that is a path": case(lambda c: c["windows"].update({"../x": []})),
    "stride past 32 bits": case(lambda c: c["windows"].update({"99999999999": []})),
    "id out of the vocabulary": window(lambda w: w["ids"].__setitem__(1, 103)),
    "recorded id below zero": window(lambda w: w["ids"].__setitem__(1, -1)),
    "recorded id past 64 bits": window(lambda w: w["ids"].__setitem__(1, 1 << 80)),
    "recorded id that is a float": window(lambda w: w["ids"].__setitem__(1, 7.0)),
    "recorded id that is true": window(lambda w: w["ids"].__setitem__(1, True)),
    "ids that are a text": window(lambda w: w.update(ids="evil!")),
    "more ids than logits": window(lambda w: w["ids"].append(7)),
    "fewer types than ids": window(lambda w: w["type_ids"].pop()),
    "marks that are missing": window(lambda w: w.pop("special")),
    "offset past the text": window(lambda w: w["offsets"].__setitem__(1, [0, 13])),
    "offset below zero": window(lambda w: w["offsets"].__setitem__(1, [-1, 4])),
    "offset backwards": window(lambda w: w["offsets"].__setitem__(1, [4, 0])),
    "offset of three": window(lambda w: w["offsets"].__setitem__(1, [0, 1, 2])),
    "offset that is a float": window(lambda w: w["offsets"].__setitem__(1, [0.0, 4])),
    "entity past the text": entity(end=13),
    "entity backwards": entity(start=5),
    "entity before the text": entity(start=-1),
    "entity whose label is a number": entity(label=1),
    "entity whose word is null": entity(word=None),
    "entity whose score is a text": entity(score="high"),
    "entity whose index is a text": entity(index="1"),
    "outputs of an unknown strategy": case(lambda c: c["outputs"].update(evil=[])),
    "outputs that are null": case(lambda c: c.update(outputs=None)),
    "strides that are a list": case(lambda c: c.update(strides=[])),
    "labels that the logits lack": (
        replaced("config.json", b'{"id2label": {"0": "O", "1": "X"}}'),
        Refusal.GOLDEN,
    ),
    "padded id out of the vocabulary": padding(lambda p: p["input_ids"][0].__setitem__(1, 103)),
    "padded rows of two lengths": padding(lambda p: p["input_ids"][0].append(0)),
    "padded rows that are missing": padding(lambda p: p["input_ids"].pop()),
    "padded case that nobody recorded": padding(lambda p: p["cases"].__setitem__(0, "evil")),
    "padded input that no graph has": padding(lambda p: p.update(evil=[[], []])),
    "padded mask below zero": padding(lambda p: p["attention_mask"][0].__setitem__(0, -1)),
    "padding of other JSON": (replaced(PADDING, b'{"cases": NaN}'), Refusal.GOLDEN),
    "logits that are left out": ((lambda: archive({LOGITS: None})), Refusal.GOLDEN),
}

GOLDEN: dict[str, Case] = {**TENSORS, **{f"golden: {n}": c for n, c in RECORDED.items()}}
