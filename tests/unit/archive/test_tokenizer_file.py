"""The vocabulary of a tokenizer's file, in whatever form it stands there."""

from __future__ import annotations

import json
from pathlib import Path

from djlift.archive.tokenizer_file import vocabulary


def test_vocabularies_of_every_kind(tmp_path: Path) -> None:
    """A table, a list, added tokens; and a file that holds none."""
    file = tmp_path / "tokenizer.json"
    added = [{"id": 9, "content": "<x>"}]
    file.write_text(json.dumps({"model": {"vocab": {"a": 0}}, "added_tokens": added}))
    assert vocabulary(tmp_path) == {0: "a", 9: "<x>"}
    file.write_text(json.dumps({"model": {"vocab": [["a", -1.5], ["b", -2.0]]}}))
    assert vocabulary(tmp_path) == {0: "a", 1: "b"}
    file.write_text("[]")
    assert vocabulary(tmp_path) == {}
