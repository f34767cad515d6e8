"""What stands in an archive's ``tokenizer.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def vocabulary(folder: Path) -> Mapping[int, str]:
    """Tokens by id, as ``tokenizer.json`` spells them; empty when it holds none that can be read."""
    try:
        data: Any = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        listed = data["model"]["vocab"]
        tokens = (
            {i: str(entry[0]) for i, entry in enumerate(listed)}
            if isinstance(listed, list)
            else {int(i): str(token) for token, i in listed.items()}
        )
        added = {int(t["id"]): str(t["content"]) for t in data.get("added_tokens") or ()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return {}
    return tokens | added
