"""Token classification: named entities and other labels of spans."""

from __future__ import annotations

from collections.abc import Mapping

from djlift.checkpoint import Checkpoint, Loaded, adapter_task
from djlift.errors import SourceError
from djlift.recipe import Recipe

NAME = "token-classification"
APPLICATION = "nlp/token_classification"
TRANSLATOR = "org.djlift.translate.TokenClassificationTranslatorFactory"
_ARCHITECTURE = "ForTokenClassification"
_ADAPTER_TASK = "TOKEN_CLS"


def check(recipe: Recipe, checkpoint: Checkpoint) -> None:
    """Raise unless the recipe or the checkpoint says that this is its task.

    Raises:
        SourceError: Another task, named; or none, with the choices.
    """
    if recipe.task is not None:
        if recipe.task != NAME:
            raise SourceError(
                f"the task '{recipe.task}' is not supported", expected=NAME, found=recipe.task
            )
        return
    architectures = [str(a) for a in checkpoint.config.get("architectures") or []]
    if any(a.endswith(_ARCHITECTURE) for a in architectures):
        return
    if adapter_task(checkpoint) == _ADAPTER_TASK:
        return
    raise SourceError(
        "the checkpoint is not for a supported task",
        file=checkpoint.source.folder / "config.json",
        expected=f"an architecture that ends in {_ARCHITECTURE}",
        found=", ".join(architectures) or "no architectures",
        mend=f"--task {NAME}, if the checkpoint or its adapter does have such a head",
    )


def serving_properties(
    loaded: Loaded, strategy: str, *, includes_token_types: bool
) -> Mapping[str, str]:
    """serving.properties as a mapping; ``docs/archive.md`` explains each key."""
    unknown = loaded.tokenizer.unk_token_id
    properties = {
        "engine": "OnnxRuntime",
        "option.modelName": "model",
        "application": APPLICATION,
        "translatorFactory": TRANSLATOR,
        "addSpecialTokens": "true",
        "truncation": "true" if loaded.max_length is not None else "false",
        "padding": "true",
        "stride": "0",
        "padToMultipleOf": "0",
        "withOverflowingTokens": "false",
        "doLowerCase": "false",
        "stripAccents": "false",
        "addPrefixSpace": "false",
        "includeTokenTypes": "true" if includes_token_types else "false",
        "int32": "false",
        "softmax": "true",
        "aggregation_strategy": strategy,
        "ignoreLabels": "O",
        "unkTokenId": str(-1 if unknown is None else unknown),
    }
    if loaded.max_length is not None:
        properties |= {
            "maxLength": str(loaded.max_length),
            "modelMaxLength": str(loaded.max_length),
        }
    return properties
