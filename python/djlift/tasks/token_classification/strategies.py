"""Aggregation strategies: how the labels of tokens become entities."""

from __future__ import annotations

from djlift.checkpoints.recipe import Recipe
from djlift.errors import not_listed

STRATEGIES = ("none", "simple", "first", "average", "max")
DEFAULT = "simple"


def require_strategy(word: str) -> None:
    """Refuse what is no aggregation strategy.

    Raises:
        UsageError: It is none.
    """
    if word not in STRATEGIES:
        raise not_listed(
            f"the aggregation strategy '{word}' is not known", "unknown-strategy", word, STRATEGIES
        )


def strategy_of(recipe: Recipe) -> str:
    """The aggregation strategy that an archive of a recipe has by default.

    Raises:
        UsageError: The recipe's is none.
    """
    strategy = recipe.aggregation_strategy or DEFAULT
    if strategy not in STRATEGIES:
        raise not_listed(
            "'aggregation_strategy' cannot be used", "recipe-value", strategy, STRATEGIES
        )
    return strategy
