"""How a task loads a checkpoint: its head first, then what its reference needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from djlift.checkpoints.checkpoint import Checkpoint, Head, find
from djlift.checkpoints.loading import Loaded, logits_of
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError
from djlift.tasks.frame import task as tasks_frame
from djlift.tasks.frame.loading import loaded_reference
from djlift.tasks.text_embedding import task as text_embedding_task
from djlift.tasks.token_classification import task as token_classification_task
from tests.support.builders import a_checkpoint, a_manifest

BARE = Loaded(SimpleNamespace(), SimpleNamespace(), (), 96)


def test_a_head_says_what_its_task_says() -> None:
    """Nothing of a task but this is known below it."""
    assert token_classification_task.TASK.head == Head(
        "token-classification", "AutoModelForTokenClassification", labelled=True
    )
    assert text_embedding_task.TASK.head == Head("text-embedding", "AutoModel", unused=("pooler.",))


def test_a_task_loads_its_head_and_prepares_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own outputs, and the recipe that is asked for."""
    pytest.importorskip("transformers")
    seen: list[tuple[Any, ...]] = []

    def loading(checkpoint: Checkpoint, head: Head, recipe: Recipe, *, fixed_sums: bool) -> Loaded:
        seen.append((head, recipe, fixed_sums))
        return BARE

    class Remarking(type(text_embedding_task.TASK)):  # type: ignore[misc]
        def prepared(self, loaded: Loaded, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
            return replace(loaded, remarks=("prepared",))

    monkeypatch.setattr(tasks_frame, "load", loading)
    folder = a_checkpoint(tmp_path / "m")
    task, checkpoint = Remarking(), find(Recipe((str(folder),)))
    loaded = task.load(checkpoint, fixed_sums=False)
    assert seen == [(task.head, Recipe((checkpoint.source.id,)), False)]
    assert (loaded.outputs, loaded.run) == (("last_hidden_state",), task.run)
    assert loaded.remarks == ("prepared",)


def test_what_is_loaded_gives_logits() -> None:
    """Unless a task says otherwise."""

    def model(**given: Any) -> SimpleNamespace:
        return SimpleNamespace(logits=given)

    assert (BARE.outputs, BARE.run) == (("logits",), logits_of)
    assert BARE.run(model, {"input_ids": 1}) == ({"input_ids": 1, "return_dict": True},)


@pytest.mark.parametrize(("pooling", "expected"), [("max", [2.0, 0.0]), ("sum", [3.0, 0.0])])
def test_a_sparse_encoder_pools_in_its_graph(pooling: str, expected: list[float]) -> None:
    """Tokens that are attended to, and no negative logits."""
    torch = pytest.importorskip("torch")
    from djlift.tasks.sparse_embedding import Reference

    splade = SimpleNamespace(pooling_strategy=pooling, activation_function="relu")
    reference = Reference.of([None, splade], {})
    logits = torch.expm1(torch.tensor([[[1.0, -1.0], [2.0, -3.0], [9.0, 9.0]]]))
    (found,) = reference.run(
        lambda **_: SimpleNamespace(logits=logits), {"attention_mask": torch.tensor([[1, 1, 0]])}
    )
    assert found[0].tolist() == pytest.approx(expected)


def test_a_reference_with_other_weights_is_refused(tmp_path: Path) -> None:
    """Before anything of it is loaded."""
    folder = a_checkpoint(tmp_path / "m")
    manifest = a_manifest(source={"weights": {"model.safetensors": "0" * 64}})
    with pytest.raises(SourceError) as refused:
        loaded_reference(manifest, Recipe((str(folder),)), token_classification_task.TASK)
    assert refused.value.code == "other-weights"
