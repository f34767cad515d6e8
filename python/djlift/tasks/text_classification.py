"""Text classification: one label, several, or a number, for a text or a pair of texts.

The reference is transformers' ``TextClassificationPipeline``, called with ``truncation=True``: without it, a
text that is longer than the model is an error there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from djlift.archive.windows import Window
from djlift.checkpoints import pooling
from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.checkpoints.tokenizer import token_types
from djlift.errors import TextsError
from djlift.tasks.frame import parameters as known
from djlift.tasks.frame.outputs import by_key
from djlift.tasks.frame.steps import encoded, piped, run_model
from djlift.tasks.frame.task import GeneralTask, Json, Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.texts.text import Text, given_by

_PAIR_EVERY = 4
"""Of the corpus every so many texts are given as a pair with the text that follows."""


_PARAMETERS = {
    "top_k": known.whole(1, null=True),
    "function_to_apply": known.one_of("softmax", "sigmoid", "none"),
}


class TextClassification(GeneralTask):
    """See the module."""

    name = "text-classification"
    application = "nlp/text_classification"
    takes_pairs = True
    takes_single = True
    translator = "org.djlift.translate.TextClassificationTranslatorFactory"
    java = "org.djlift.TextClassifier"
    heads = ("ForSequenceClassification",)
    adapters = ("SEQ_CLS",)
    auto = "AutoModelForSequenceClassification"
    labelled = True
    more = ("text_pair",)
    parameters = _PARAMETERS

    def defaults(self, loaded: Loaded, recipe: Recipe) -> Json:
        """The best label, by the function that the pipeline takes for the model."""
        return {"top_k": 1, "function_to_apply": _function(loaded.model.config)}

    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """Nothing: DJL's own translator reads ``problem_type`` in config.json."""
        return {}

    def reference(self, loaded: Loaded, checkpoint: Checkpoint) -> Any:
        """The pipeline."""
        from transformers import TextClassificationPipeline

        return piped(TextClassificationPipeline, loaded)

    def variants(self, loaded: Loaded) -> Mapping[str, Variant]:
        """Every label with each function, and the best alone."""
        every = {
            f"all-{function}": Variant({"top_k": None, "function_to_apply": function})
            for function in ("softmax", "sigmoid", "none")
        }
        return {"default": Variant(), "all": Variant({"top_k": None}), **every}

    def inputs(self, texts: Sequence[Text], loaded: Loaded) -> list[Json]:
        """Texts, and every fourth of them as a pair."""
        found: list[Json] = []
        pairs = token_types.fit(loaded.tokenizer, loaded.model, pair=True)
        for number, text in enumerate(texts):
            own = given_by(text)
            if own is not None:
                if "text_pair" in own and not pairs:
                    raise TextsError(
                        "the model has no embedding for the token types of a pair",
                        code="pair-for-single-texts",
                        expected="single texts",
                        found=self.shown(own)[:200],
                    )
                found.append(own)
            elif pairs and number % _PAIR_EVERY == _PAIR_EVERY - 1:
                pair = texts[(number + 1) % len(texts)].text
                found.append({"text": text.text, "text_pair": pair})
            else:
                found.append({"text": text.text})
        return found

    def shown(self, given: Json) -> str:
        """The text, or both."""
        return " | ".join(str(given[key]) for key in ("text", "text_pair") if key in given)

    def windows(self, loaded: Loaded, given: Json, parameters: Json) -> tuple[Window, ...]:
        """One window: cut at the model's limit, the longer text of a pair first."""
        batch = loaded.beside.preprocess(dict(given), truncation=_truncation(loaded))
        (encoding,) = batch.encodings
        if not encoding.ids:
            return ()
        return (encoded(encoding, run_model(loaded, [encoding])[0]),)

    def output(
        self, loaded: Loaded, given: Json, windows: tuple[Window, ...], parameters: Json
    ) -> dict[str, Any]:
        """What the pipeline's own ``postprocess`` makes of the logits."""
        import torch

        pipe = loaded.beside
        _, _, after = pipe._sanitize_parameters(**parameters)
        return {
            "labels": pipe.postprocess({"logits": torch.from_numpy(windows[0].logits)}, **after)
        }

    def called(self, loaded: Loaded, given: Sequence[Json], batch: int) -> list[Json]:
        """The pipeline itself; an input at a time where ONNX Runtime takes the model's place."""
        if loaded.session is not None:
            return super().called(loaded, given, batch)
        with pooling.by_row(loaded.model, loaded.tokenizer.pad_token_id):
            found = loaded.beside(
                [dict(one) for one in given],
                batch_size=batch,
                truncation=_truncation(loaded),
                **loaded.defaults,
            )
        return [{"labels": one} for one in found]

    stock_compares = ("label", "score", "order")

    def stock(self, variant: Variant, model: Json) -> Mapping[str, str] | None:
        """DJL's translator gives all labels, by the function that ``problem_type`` says."""
        own = dict(model.get("parameters") or {})
        set_to = own | dict(variant.parameters)
        same = set_to.get("function_to_apply") == own.get("function_to_apply")
        return {} if set_to.get("top_k") is None and same else None

    def raw(self, parameters: Json) -> bool:
        """Scores without a function are logits."""
        return parameters.get("function_to_apply") == "none"

    def near_tie(self, expected: Json, found: Json, tolerance: Tolerance) -> float | None:
        """Labels whose scores are as close as rounding moves them."""
        return by_key(expected["labels"], found["labels"], tolerance.score)

    def agrees(self, expected: Json, found: Json) -> bool:
        """The same label first."""
        return bool(expected["labels"][0]["label"] == found["labels"][0]["label"])


def _function(config: Any) -> str:
    """As the pipeline chooses it."""
    if config.problem_type == "regression":
        return "none"
    if config.problem_type == "multi_label_classification" or config.num_labels == 1:
        return "sigmoid"
    return "softmax"


def _truncation(loaded: Loaded) -> bool:
    return loaded.max_length is not None


TASK = TextClassification()
