"""A whole small archive, every file of it valid, and the same with one file replaced."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from djlift.archive.manifest import FILE
from tests.support.builders import LABELS, a_golden
from tests.support.hostile.onnx_bytes import PLAIN
from tests.support.hostile.raw_zip import STORED, Entry, manifest_text, raw_zip, signed

SETTINGS = b"""engine=OnnxRuntime
option.modelName=model
application=nlp/token_classification
translatorFactory=org.djlift.translate.TokenClassificationTranslatorFactory
maxLength=32
aggregation_strategy=simple
"""
TOKENIZER: Mapping[str, Any] = {
    "version": "1.0",
    "truncation": {"max_length": 32, "stride": 0, "strategy": "LongestFirst"},
    "padding": {"strategy": "BatchLongest", "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
    "added_tokens": [{"id": 102, "content": "[SEP]", "special": True}],
    "model": {
        "type": "WordLevel",
        "vocab": {"[PAD]": 0, "anna": 7, "met": 8},
        "unk_token": "[PAD]",
    },
}


@cache
def files() -> Mapping[str, bytes]:
    """The files by name, without the manifest."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        a_golden().write(folder)
        golden = {f"golden/{p.name}": p.read_bytes() for p in sorted((folder / "golden").iterdir())}
    config = {"id2label": {str(i): label for i, label in enumerate(LABELS)}}
    return {
        "config.json": json.dumps(config).encode(),
        **golden,
        "model.onnx": PLAIN,
        "serving.properties": SETTINGS,
        "tokenizer.json": json.dumps(TOKENIZER).encode(),
        "tokenizer_config.json": b'{"model_max_length": 32}\n',
    }


def archive(changes: Mapping[str, bytes | None] = {}) -> bytes:
    """The archive as a zip, sealed, with these files instead; None leaves one out."""
    changed = {n: d for n, d in {**files(), **changes}.items() if d is not None}
    entries = [Entry(name.encode(), data, STORED) for name, data in sorted(changed.items())]
    return raw_zip([Entry(FILE.encode(), signed(manifest_text(entries))), *entries])


def replaced(name: str, data: bytes) -> Callable[[], bytes]:
    """How to make the archive with one file that is another."""
    return lambda: archive({name: data})


def edited(name: str, edit: Callable[[Any], Any]) -> Callable[[], bytes]:
    """How to make the archive with one JSON file edited as a value."""

    def make() -> bytes:
        data = json.loads(files()[name])
        edit(data)
        return archive({name: json.dumps(data).encode()})

    return make
