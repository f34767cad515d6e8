"""What sources state of themselves: their words, and never a default."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.checkpoints.checkpoint import Checkpoint, find
from djlift.checkpoints.model_card import Stated, all_stated, licence, stated
from djlift.checkpoints.recipe import Recipe
from tests.support.builders import a_checkpoint

pytest.importorskip("huggingface_hub")


def found(source: Path, card: str | None = None, adapter: Path | None = None) -> Checkpoint:
    """The checkpoint of a folder, with a model card."""
    if card is not None:
        (source / "README.md").write_text(card, encoding="utf-8", newline="")
    return find(Recipe((str(source),), adapter=str(adapter) if adapter else None))


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("---\nlicense: mit\n---\n# x\n", "mit"),
        ("\ufeff---\nlicense: mit\n---\n# x\n", "mit"),
        ("---\ntags: [x]\nlicense: 'apache-2.0'\nlanguage: en\n---\n", "apache-2.0"),
        ("---\r\nlicense: mit\r\n---\r\n", "mit"),
        ("---\nlicense: other\nlicense_name: our terms\n---\n", "our terms"),
        ("---\nlicense: other\n---\n", "other"),
        ("---\nlicense:\n---\n", None),
        ("---\nlicense: ''\n---\n", None),
        ("---\nlicense: [mit]\n---\n", None),
        ("---\nlicense: mit\n", None),
        ("---\n- license: mit\n---\n", None),
        ("---\nlicense: mit: x\n---\n", None),
        ("---\n" + "[" * 5000 + "\n---\n", None),
        ("---\nlanguage: en\n---\nlicense: mit\n", None),
        ("# a card\nlicense: mit\n", None),
        ("", None),
    ],
)
def test_licence(tmp_path: Path, card: str, expected: str | None) -> None:
    """The licence is what the model card's front matter states, and nothing else."""
    folder = a_checkpoint(tmp_path / "ner")
    assert licence(found(folder)) is None
    assert licence(found(folder, card)) == expected


def test_base_models_and_datasets(tmp_path: Path) -> None:
    """One or many, each once; what is no text is left out."""
    folder = a_checkpoint(tmp_path / "ner")
    card = "---\nbase_model: x/base\ndatasets:\n- wikigold\n- 7\n- wikigold\n- 'b t  c'\n---\n"
    assert stated(found(folder, card).source) == Stated(
        "ner", None, ("x/base",), ("wikigold", "b t c")
    )


@pytest.mark.parametrize(
    ("base", "adapter", "expected"),
    [
        ("mit", "mit", "mit"),
        ("mit", "apache-2.0", "mit AND apache-2.0"),
        (None, "mit", None),
        ("mit", None, None),
    ],
)
def test_licence_of_the_whole(
    tmp_path: Path, base: str | None, adapter: str | None, expected: str | None
) -> None:
    """A merged model has the licences of both parts, and none when one of them states none."""
    folder, lora = a_checkpoint(tmp_path / "base"), a_checkpoint(tmp_path / "lora")
    (lora / "model.safetensors").rename(lora / "adapter_model.safetensors")
    (lora / "adapter_config.json").write_text("{}", encoding="utf-8")
    for place, words in ((folder, base), (lora, adapter)):
        if words:
            (place / "README.md").write_text(f"---\nlicense: {words}\n---\n", encoding="utf-8")
    checkpoint = found(folder, adapter=lora)
    assert licence(checkpoint) == expected
    assert [one.licence for one in all_stated(checkpoint)] == [base, adapter]
