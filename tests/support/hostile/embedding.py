"""What follows the model in an archive of text embedding, where it lies."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from safetensors.numpy import save

from djlift.strict.embedding_form import DENSE, FORM
from djlift.strict.refusal import Refusal
from tests.support.hostile.manifests import nested
from tests.support.hostile.whole_archive import archive

Case = tuple[Callable[[], bytes], Refusal]
MODULES: list[Any] = [
    {"type": "dense", "inputs": 4, "outputs": 3, "activation": "tanh", "bias": True},
    {"type": "normalize"},
]
GOOD: dict[str, Any] = {
    "columns": 4,
    "pooling": ["mean"],
    "include_prompt": True,
    "special_ids": [0, 102],
    "modules": MODULES,
    "prompts": {"query": "query: "},
    "dimension": 3,
}
TENSORS = {
    "linear.bias": np.zeros((1, 3), dtype=np.float32),
    "linear.weight": np.ones((3, 4), dtype=np.float32),
}


def made(form: bytes | None, dense: bytes | None) -> bytes:
    """The small archive with these two files; None leaves one out."""
    return archive({FORM: form, DENSE: dense})


def form(**changes: Any) -> Case:
    """embedding.json with other fields."""
    text = json.dumps(GOOD | changes).encode()
    return (lambda: made(text, save(TENSORS))), Refusal.CONFIG


def module(**changes: Any) -> Case:
    """The dense module with other fields."""
    return form(modules=[MODULES[0] | changes, MODULES[1]])


def weights(data: bytes | None) -> Case:
    """Other weights."""
    return (lambda: made(json.dumps(GOOD).encode(), data)), Refusal.CONFIG


def tensors(**changes: Any) -> Case:
    """The weights with other tensors; None takes one away."""
    named = {name.replace("_", "."): value for name, value in changes.items()}
    changed = {n: t for n, t in {**TENSORS, **named}.items() if t is not None}
    return weights(save(changed))


def text(data: str) -> Case:
    """embedding.json that is no JSON object."""
    return (lambda: made(data.encode(), save(TENSORS))), Refusal.JSON


_VALUES = np.ones((3, 4), dtype=np.float32)
EMBEDDINGS: dict[str, Case] = {
    "form that is a list": text("[]"),
    "form with a key twice": text(json.dumps(GOOD)[:-1] + ', "dimension": 3}'),
    "form with NaN": text('{"columns": NaN}'),
    "form nested deep": text(nested(10_000)),
    "form of nothing": text(""),
    "key that nobody knows": form(code="evil.Module"),
    "key that is missing": (
        lambda: made(b'{"columns": 4}', save(TENSORS)),
        Refusal.CONFIG,
    ),
    "columns below one": form(columns=0),
    "columns past an array": form(columns=1 << 40),
    "columns as a float": form(columns=4.0),
    "columns as true": form(columns=True),
    "pooling of no kind": form(pooling=["evil"]),
    "pooling as a text": form(pooling="mean"),
    "pooling of nothing": form(pooling=[]),
    "pooling without end": form(pooling=["mean"] * 7),
    "prompts that are a list": form(prompts=["query: "]),
    "prompt that is a number": form(prompts={"query": 1}),
    "flag that is a number": form(include_prompt=1),
    "special id below zero": form(special_ids=[-1]),
    "special id past 64 bits": form(special_ids=[1 << 70]),
    "modules that are an object": form(modules={}),
    "modules without end": form(modules=[{"type": "normalize"}] * 17, dimension=4),
    "module that is a text": form(modules=["normalize"]),
    "module of no kind": module(type="evil.Module"),
    "module with a path": form(modules=[MODULES[0], {"type": "normalize", "path": "../x"}]),
    "activation that is a class": module(activation="evil.Activation"),
    "bias that is a text": module(bias="true"),
    "inputs that the pooling does not give": module(inputs=5),
    "outputs below zero": module(outputs=-3),
    "outputs past an array": module(outputs=1 << 33),
    "dimension that the modules do not give": form(dimension=4),
    "weights that are absent": weights(None),
    "weights of nothing": weights(b""),
    "weights that are a pickle": weights(b"\x80\x04cos\nsystem\n."),
    "weights that are cut": weights(save(TENSORS)[:-4]),
    "weights with a header of exabytes": weights(
        struct.pack("<Q", 1 << 60) + save(TENSORS)[8:],
    ),
    "weights that are missing one": tensors(linear_bias=None),
    "weights with one more": tensors(evil=_VALUES),
    "weights of swapped sides": tensors(linear_weight=_VALUES.reshape(4, 3)),
    "weights of one dimension": tensors(linear_bias=np.zeros(3, dtype=np.float32)),
    "weights of another type": tensors(linear_weight=_VALUES.astype(np.float64)),
    "weight that is NaN": tensors(linear_weight=np.full((3, 4), np.nan, dtype=np.float32)),
    "weights that nothing asks for": (
        lambda: made(json.dumps(GOOD | {"modules": [], "dimension": 4}).encode(), save(TENSORS)),
        Refusal.CONFIG,
    ),
    "weights without a form": (lambda: made(None, save(TENSORS)), Refusal.CONFIG),
}
