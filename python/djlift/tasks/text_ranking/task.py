"""Text ranking: how well a text answers a query, by a cross-encoder that reads both at once.

The reference is sentence-transformers' ``CrossEncoder``: ``predict`` for a pair, ``rank`` for a query and
several documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Answered
from djlift.archive.windows import Window
from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.tasks.frame import parameters as known
from djlift.tasks.frame.outputs import Difference, by_key, close_logits, close_shares, in_order
from djlift.tasks.frame.steps import encoded, run_model
from djlift.tasks.frame.task import GeneralTask, Json, Variant
from djlift.tasks.frame.tolerance import CLEAR, Tolerance
from djlift.tasks.text_ranking.cross_encoder import reference, stated
from djlift.texts.sampling import spread
from djlift.texts.text import LONG, Text, given_by

_EVERY = 2
"""Of the corpus every so many texts are recorded."""
_RANKED = 3
"""Of these, every so many are documents of a query; the others are pairs."""
_COUNTS = (4, 1, 6, 2)
_PROMPT = "query: "
_PARAMETERS = {
    "function_to_apply": known.one_of("sigmoid", "none"),
    "apply_softmax": known.flag(),
    "top_k": known.whole(1, null=True),
    "prompt": known.text(null=True),
}


class TextRanking(GeneralTask):
    """See the module."""

    name = "text-ranking"
    application = "nlp/text_ranking"
    takes_pairs = True
    translator = "org.djlift.translate.CrossEncoderTranslatorFactory"
    java = "org.djlift.CrossEncoder"
    heads = ("ForSequenceClassification",)
    auto = "AutoModelForSequenceClassification"
    narrows = ("text-classification",)
    keys = ("query",)
    more = ("text", "documents")
    parameters = _PARAMETERS
    stock_compares = ("score", "ranking")

    def claims(self, checkpoint: Checkpoint) -> bool:
        """sentence-transformers saved it as a CrossEncoder: its head is one of sequence classification."""
        return super().claims(checkpoint) and stated(checkpoint) is not None

    def prepared(self, loaded: Loaded, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
        """The model with its CrossEncoder, and the shorter limit of the two.

        Raises:
            SourceError: It is more than a transformer with a head, or has a function of its own.
        """
        asked = (recipe.parameters or {}).get("function_to_apply")
        encoder = reference(loaded, checkpoint, chosen=asked is not None)
        limit = encoder.max_seq_length
        if limit is not None and (loaded.max_length is None or limit < loaded.max_length):
            loaded = replace(loaded, max_length=int(limit))
            loaded.tokenizer.model_max_length = int(limit)
        encoder.take(loaded.model, loaded.tokenizer)
        return super().prepared(replace(loaded, beside=encoder), checkpoint, recipe)

    def defaults(self, loaded: Loaded, recipe: Recipe) -> Json:
        """What the CrossEncoder does without being asked."""
        return {
            "function_to_apply": loaded.beside.function,
            "apply_softmax": False,
            "top_k": None,
            "prompt": loaded.beside.default_prompt,
        }

    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """Nothing: how many scores there are, config.json says."""
        return {}

    def reference(self, loaded: Loaded, checkpoint: Checkpoint) -> Any:
        """The CrossEncoder."""
        return loaded.beside

    def variants(self, loaded: Loaded) -> Mapping[str, Variant]:
        """Each function, the best of a ranking alone, and a prompt before the query."""
        prompt = None if loaded.defaults["prompt"] else _PROMPT
        found = {
            "default": Variant(),
            "sigmoid": Variant({"function_to_apply": "sigmoid"}),
            "none": Variant({"function_to_apply": "none"}),
            "prompt": Variant({"prompt": prompt}, windows="prompt"),
        }
        if loaded.beside.num_labels == 1:
            return {**found, "top-2": Variant({"top_k": 2})}
        return {**found, "softmax": Variant({"apply_softmax": True})}

    def chosen(self, texts: Sequence[Text]) -> Sequence[Text]:
        """A part of the built-in ones: a ranking runs the model on several."""
        return spread(texts, _EVERY)

    def clear(self, case: Answered, loaded: Loaded) -> bool:
        """Whether no two texts of a ranking have the same logit but for rounding."""
        return all(_clear(windows) for windows in case.windows.values())

    def inputs(self, texts: Sequence[Text], loaded: Loaded) -> list[Json]:
        """Pairs of a text and one that follows it, and rankings where the model gives one score.

        Long texts are in pairs only, every other of them with a long one: each document is cut by itself.
        """
        short = [text.text for text in texts if text.group != LONG] or [""]
        found: list[Json] = []
        for number, text in enumerate(texts):
            own = given_by(text)
            count = _COUNTS[number // _RANKED % len(_COUNTS)]
            others = [short[(number + n) % len(short)] for n in range(1, count + 1)]
            ranks = loaded.beside.num_labels == 1 and number % _RANKED == _RANKED - 1
            if own is not None:
                found.append(own)
            elif text.group == LONG and number % 2:
                found.append({"query": text.text, "text": texts[(number + 1) % len(texts)].text})
            elif ranks and text.group != LONG:
                found.append({"query": text.text, "documents": others})
            elif text.group == LONG and number % 4:
                found.append({"query": others[-1], "text": text.text})
            else:
                found.append({"query": text.text, "text": others[-1]})
        return found

    def shown(self, given: Json) -> str:
        """The query and the texts."""
        texts = given["documents"] if "documents" in given else [given.get("text", "")]
        return " | ".join([str(given["query"]), *map(str, texts)])

    def windows(self, loaded: Loaded, given: Json, parameters: Json) -> tuple[Window, ...]:
        """A window for each text, as the CrossEncoder cuts it: the longer of the two first.

        None for what it refuses: to rank by several scores.
        """
        if "documents" in given and loaded.beside.num_labels != 1:
            return ()
        encodings = []
        for text in _texts(given):
            pair = [given["query"], text]
            batch = loaded.beside.preprocess([pair], prompt=parameters["prompt"])
            encodings += batch.encodings
        if any(not e.ids for e in encodings):
            return ()
        return tuple(encoded(e, run_model(loaded, [e])[0]) for e in encodings)

    def output(
        self, loaded: Loaded, given: Json, windows: tuple[Window, ...], parameters: Json
    ) -> dict[str, Any]:
        """What ``predict`` or ``rank`` makes of the logits."""
        encoder = loaded.beside
        function = encoder.functions[parameters["function_to_apply"]]
        rows = [window.logits for window in windows]
        with encoder.answering(given["query"], _texts(given), rows):
            if "documents" in given:
                ranking = encoder.rank(
                    given["query"],
                    given["documents"],
                    top_k=parameters["top_k"],
                    activation_fn=function,
                )
                return {
                    "ranking": [{"index": r["corpus_id"], "score": r["score"]} for r in ranking]
                }
            scores = encoder.predict(
                [given["query"], given["text"]],
                activation_fn=function,
                apply_softmax=parameters["apply_softmax"],
            ).tolist()
        return {"scores": scores} if isinstance(scores, list) else {"score": scores}

    def raw(self, parameters: Json) -> bool:
        """Scores without a function are logits."""
        return parameters.get("function_to_apply") == "none"

    def difference(self, expected: Json, found: Json, tolerance: Tolerance) -> Difference | None:
        """A score, or the documents in their order with their scores."""
        if "ranking" in expected and isinstance(found.get("ranking"), list):
            shares = all(0 < one["score"] < 1 for one in expected["ranking"])
            close = close_shares if shares else close_logits
            found = {**found, "ranking": in_order(expected["ranking"], found["ranking"], close)}
        return super().difference(expected, found, tolerance)

    def near_tie(self, expected: Json, found: Json, tolerance: Tolerance) -> float | None:
        """Documents whose scores are as close as rounding moves them."""
        if "ranking" not in expected or "ranking" not in found:
            return None
        return by_key(expected["ranking"], found["ranking"], tolerance.score)

    def agrees(self, expected: Json, found: Json) -> bool:
        """The same document first; of a pair the same label, or nearly the same score."""
        if "ranking" in expected:
            ours, theirs = (side["ranking"] for side in (expected, found))
            return not ours or bool(ours[0]["index"] == theirs[0]["index"])
        if "scores" in expected:
            ours, theirs = (side["scores"] for side in (expected, found))
            return bool(ours.index(max(ours)) == theirs.index(max(theirs)))
        return _near(expected["score"], found["score"])

    def agreement(self, expected: Window, found: NDArray[np.float32]) -> bool:
        """The same label; or nearly the same score, where there is one."""
        if expected.logits.shape[1] > 1:
            return super().agreement(expected, found)
        return _near(float(expected.logits[0, 0]), float(found[0, 0]))

    def stock(self, variant: Variant, model: Json) -> Mapping[str, str] | None:
        """DJL's translator knows the sigmoid; no prompt, no softmax and no best of a ranking."""
        settings = {**model.get("parameters", {}), **variant.parameters}
        if settings["prompt"] or settings["apply_softmax"] or settings["top_k"] is not None:
            return None
        return {
            "reranking": "true",
            "sigmoid": "true" if settings["function_to_apply"] == "sigmoid" else "false",
        }


def _clear(windows: Sequence[Window]) -> bool:
    """Whether the logits of a ranking are so far apart that their order does not hang on rounding."""
    logits = np.sort([float(window.logits[0, 0]) for window in windows])
    return bool((np.diff(logits) > CLEAR).all())


_NEAR = 0.1
"""By how much a score of int8 may differ and say the same, relative to scores beyond 1."""


def _near(expected: float, found: float) -> bool:
    return abs(expected - found) <= _NEAR * max(1.0, abs(expected))


def _texts(given: Json) -> list[str]:
    """The texts that the query is read with: an equal one once, so that it has one score."""
    return list(dict.fromkeys(given["documents"])) if "documents" in given else [given["text"]]


TASK = TextRanking()
