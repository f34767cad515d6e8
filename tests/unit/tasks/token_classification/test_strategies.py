"""Aggregation strategies: which there are, and when an unknown one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.builder.build import build
from djlift.checkpoints.recipe import Recipe
from djlift.errors import UsageError
from djlift.tasks.token_classification.strategies import (
    DEFAULT,
    STRATEGIES,
    require_strategy,
    strategy_of,
)


def test_the_strategy_of_a_recipe() -> None:
    """A recipe's own, or the default."""
    assert strategy_of(Recipe(sources=("a/b",))) == DEFAULT
    for strategy in STRATEGIES:
        assert strategy_of(Recipe(sources=("a/b",), aggregation_strategy=strategy)) == strategy
        require_strategy(strategy)


def test_an_unknown_strategy_is_refused_before_a_build_looks_for_its_checkpoint(
    tmp_path: Path,
) -> None:
    """The error names the recipe's key; the source does not exist and nobody asked for it."""
    recipe = Recipe(sources=(str(tmp_path / "absent"),), aggregation_strategy="best")
    with pytest.raises(UsageError) as raised:
        build(recipe, tmp_path / "zoo")
    assert (raised.value.code, raised.value.found) == ("recipe-value", "best")
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match="'best' is not known"):
        require_strategy("best")
