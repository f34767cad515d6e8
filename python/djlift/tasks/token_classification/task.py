"""Token classification: named entities and other labels of spans.

The first task, older than the general form: its golden files, its doors and its levels are its own, in
:mod:`djlift.tasks.token_classification.reference`, :mod:`djlift.parity.levels.comparison` and
:mod:`djlift.parity.verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Golden
from djlift.archive.windows import Window, of_window
from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.errors import UsageError
from djlift.tasks.frame.task import Task
from djlift.tasks.token_classification import agreement
from djlift.tasks.token_classification.agreement import Spans
from djlift.tasks.token_classification.strategies import STRATEGIES, strategy_of
from djlift.texts.text import Text

OUTSIDE = ("O",)
"""Labels that are no entity."""


class TokenClassification(Task):
    """See the module."""

    name = "token-classification"
    application = "nlp/token_classification"
    translator = "org.djlift.translate.TokenClassificationTranslatorFactory"
    java = "org.djlift.TokenClassifier"
    heads = ("ForTokenClassification",)
    adapters = ("TOKEN_CLS",)
    auto = "AutoModelForTokenClassification"
    labelled = True

    def prepared(self, loaded: Loaded, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
        """The model as it is.

        Raises:
            UsageError: The recipe sets parameters of another task.
        """
        if recipe.parameters:
            raise UsageError(
                "token-classification has no parameters of this kind",
                code="unknown-parameter",
                expected="aggregation_strategy",
                found=", ".join(recipe.parameters),
            )
        return loaded

    def record(
        self, loaded: Loaded, texts: Sequence[Text], advance: Callable[[], None] = lambda: None
    ) -> Golden:
        """The pipeline's entities, in every strategy."""
        from djlift.tasks.token_classification.reference import record

        return record(loaded, texts, advance)

    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """How logits become entities."""
        unknown = loaded.tokenizer.unk_token_id
        return {
            "softmax": "true",
            "aggregation_strategy": strategy_of(recipe),
            "ignoreLabels": ",".join(OUTSIDE),
            "unkTokenId": str(-1 if unknown is None else unknown),
        }

    def facts(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, Any]:
        """The default strategy."""
        return {"aggregation_strategy": strategy_of(recipe)}

    def recorded(self, loaded: Loaded) -> Mapping[str, Any]:
        """The strategies."""
        return {"strategies": list(STRATEGIES)}

    def agreement_of(
        self, pairs: Iterable[tuple[Window, NDArray[np.float32]]], loaded: Loaded
    ) -> float:
        """Entity F1 of the runs of one label."""
        expected: dict[str, Spans] = {}
        found: dict[str, Spans] = {}
        for number, (window, row) in enumerate(pairs):
            real = window.special == 0
            ours = of_window(row, len(window.ids))[real]
            expected[str(number)] = agreement.runs(window.logits[real], loaded.labels, OUTSIDE)
            found[str(number)] = agreement.runs(ours, loaded.labels, OUTSIDE)
        return agreement.f1(expected, found)


TASK = TokenClassification()
