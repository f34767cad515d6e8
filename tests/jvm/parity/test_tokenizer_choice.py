"""A tokenizer that transformers builds anew, taken both ways to the JVM and proven there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from djlift.archive.container import opened
from djlift.checkpoints.recipe import Recipe
from djlift.inspection import inspect
from djlift.parity.verify import verify
from tests.support import small_archives
from tests.support.checkpoints import architectures

_VOCABULARY = "Unigram, XLM-R"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """XLM-R whose published tokenizer.json puts no special tokens around a text; transformers' one does."""
    folder = tmp_path_factory.mktemp("rebuilt") / "xlmr"
    architectures.write("XLM-R", _VOCABULARY, folder)
    file = folder / "tokenizer.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data["post_processor"] = None
    file.write_text(json.dumps(data), encoding="utf-8")
    return folder


@pytest.mark.parametrize("choice", ["published", "transformers"])
def test_both_ways_are_proven(choice: str, checkpoint: Path, tmp_path: Path) -> None:
    """The archive says which, carries that one, and texts that are added are compared with that one."""
    recipe = Recipe((str(checkpoint),), name="small", group="org.example", tokenizer=choice)
    archive = small_archives.of_recipe(recipe, _VOCABULARY, tmp_path, count=40)
    added = tmp_path / "added.txt"
    added.write_text("Anna met Tom in Paris.\nA </s> in the middle\n\n", encoding="utf-8")
    report = verify(archive, texts=added, reference=Recipe((str(checkpoint),)))
    assert report.holds, report.to_dict()
    assert inspect(archive).manifest.source["tokenizer"] == choice
    with opened(archive) as found:
        shipped = json.loads((found.folder / "tokenizer.json").read_text(encoding="utf-8"))
        card = (found.folder / "README.md").read_text(encoding="utf-8")
    assert (shipped["post_processor"] is None) == (choice == "published")
    assert "| tokenizer |" in card
