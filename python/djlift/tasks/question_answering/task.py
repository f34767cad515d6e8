"""Question answering: the spans of a context that answer a question, or that none does.

The reference is the ``QuestionAnsweringPipeline`` of transformers 4 on the model of today's:
:mod:`djlift.tasks.question_answering.pipeline`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Answered
from djlift.archive.windows import Window
from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.tasks.frame import parameters as known
from djlift.tasks.frame import ranked
from djlift.tasks.frame.outputs import Difference, by_key
from djlift.tasks.frame.steps import brought, encoded, run_model
from djlift.tasks.frame.task import GeneralTask, Json, Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.question_answering import pipeline
from djlift.texts.text import Text, given_by

SHORT = "short-windows"
_TOP = 5
_BATCH = 16
_LEAST = 24
"""Tokens of a short window, at least: question, special tokens and something to share."""
_WORDS = 6
_STEP = 7
"""Questions are made of the text that comes so many places later in the corpus."""
_LIMIT = 384
_EVERY = 3
_CHARACTERS = 12
"""Of a context, for each token of a window: some windows, and not a hundred of them."""


class QuestionAnswering(GeneralTask):
    """See the module."""

    name = "question-answering"
    application = "nlp/question_answer"
    takes_pairs = True
    translator = "org.djlift.translate.QuestionAnsweringTranslatorFactory"
    java = "org.djlift.QuestionAnswerer"
    heads = ("ForQuestionAnswering",)
    adapters = ("QUESTION_ANS",)
    auto = "AutoModelForQuestionAnswering"
    graph_outputs = ("start_logits", "end_logits")
    keys = ("question", "context")
    parameters = MappingProxyType(
        {
            "top_k": known.whole(1),
            "doc_stride": known.whole(0, null=True),
            "max_seq_len": known.whole(1, null=True),
            "max_answer_len": known.whole(1),
            "handle_impossible_answer": known.flag(),
            "align_to_words": known.flag(),
        }
    )

    stock_compares = ("answer",)

    def run(self, model: Any, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The logits of starts and ends, shape (batch, tokens) each."""
        found = model(**inputs, return_dict=True)
        return found.start_logits, found.end_logits

    def defaults(self, loaded: Loaded, recipe: Recipe) -> Json:
        """As the pipeline has them; null is what it makes of the model's limit."""
        return {
            "top_k": 1,
            "doc_stride": None,
            "max_seq_len": None,
            "max_answer_len": pipeline.MAX_ANSWER_LEN,
            "handle_impossible_answer": False,
            "align_to_words": True,
        }

    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """Which text comes first, by the side that the checkpoint's tokenizer pads on; two tokens' ids."""
        tokens = {
            "clsTokenId": loaded.tokenizer.cls_token_id,
            "padTokenId": loaded.tokenizer.pad_token_id,
        }
        return {
            "questionFirst": "true" if loaded.beside.question_first else "false",
            **{key: str(value) for key, value in tokens.items() if value is not None},
        }

    def reference(self, loaded: Loaded, checkpoint: Checkpoint) -> Any:
        """The port of the pipeline."""
        tokenizer = loaded.tokenizer
        # As the checkpoint has it: djlift may have turned it, since padding is of no meaning here.
        side = tokenizer.init_kwargs.get("padding_side") or type(tokenizer).padding_side
        return pipeline.Pipeline(tokenizer, question_first=side == "right")

    def variants(self, loaded: Loaded) -> Mapping[str, Variant]:
        """The best answer, several, and every other setting of the pipeline."""
        size, stride = _short(loaded)
        cut = {"max_seq_len": size, "doc_stride": stride}
        return {
            "default": Variant(),
            "top": Variant({"top_k": _TOP}),
            "impossible": Variant({"handle_impossible_answer": True}),
            "impossible-top": Variant({"handle_impossible_answer": True, "top_k": _TOP}),
            "tokens": Variant({"align_to_words": False}),
            "short-answers": Variant({"max_answer_len": 2, "top_k": 2}),
            SHORT: Variant({**cut, "top_k": _TOP}, windows=SHORT),
        }

    def chosen(self, texts: Sequence[Text]) -> Sequence[Text]:
        """Every third text, and all that a user brings: long contexts are many runs each."""
        return [t for n, t in enumerate(texts) if n % _EVERY == 0 or brought(t)]

    def inputs(self, texts: Sequence[Text], loaded: Loaded) -> list[Json]:
        """Each text as a context, and a question of the words of another."""
        found: list[Json] = []
        for number, text in enumerate(texts):
            own = given_by(text)
            if own is None:
                other = texts[(number + _STEP) % len(texts)].text
                context = text.text[: _CHARACTERS * _room(loaded)]
                own = {"question": _question(other, loaded), "context": context}
            found.append(own)
        return found

    def windows(self, loaded: Loaded, given: Json, parameters: Json) -> tuple[Window, ...]:
        """A window for each feature; none where the reference refuses the question."""
        try:
            features = _features(loaded, given, parameters)
        except ValueError:
            return ()
        encodings = [feature.encoding for feature in features]
        if not all(encoding.ids for encoding in encodings):
            return ()
        found: list[Window] = []
        for _, alike in groupby(encodings, key=lambda e: len(e.ids)):
            listed = list(alike)
            for at in range(0, len(listed), _BATCH):
                chunk = listed[at : at + _BATCH]
                outputs = run_model(loaded, chunk)
                found += [encoded(e, o) for e, o in zip(chunk, outputs, strict=True)]
        return tuple(found)

    def output(
        self, loaded: Loaded, given: Json, windows: tuple[Window, ...], parameters: Json
    ) -> dict[str, Any]:
        """What the pipeline's ``postprocess`` makes of the logits."""
        context = given["context"]
        answers = pipeline.postprocess(
            loaded.tokenizer,
            context,
            _features(loaded, given, parameters),
            [(w.logits[None, :, 0], w.logits[None, :, 1]) for w in windows],
            question_first=loaded.beside.question_first,
            top_k=parameters["top_k"],
            handle_impossible_answer=parameters["handle_impossible_answer"],
            max_answer_len=parameters["max_answer_len"],
            align_to_words=parameters["align_to_words"],
        )
        return {"answers": [_answer(context, one) for one in answers]}

    def clear(self, case: Answered, loaded: Loaded) -> bool:
        """The best answer leads."""
        return all(ranked.clear(output["answers"]) for output in case.answers.values())

    def difference(self, expected: Json, found: Json, tolerance: Tolerance) -> Difference | None:
        """Answers in their order, but for those whose scores rounding moves past each other."""
        return ranked.difference(expected["answers"], found["answers"], tolerance, "answers")

    def stock(self, variant: Variant, model: Json) -> Mapping[str, str] | None:
        """DJL gives the best answer, and has no settings."""
        return None if variant.parameters else {}

    def stock_view(self, expected: Json) -> Json:
        """The text of the best answer."""
        answers = expected["answers"]
        return {"answers": [{"answer": answers[0]["answer"] if answers else ""}]}

    def near_tie(self, expected: Json, found: Json, tolerance: Tolerance) -> float | None:
        """Answers whose scores are as close as rounding moves them."""
        return by_key(expected["answers"], found["answers"], tolerance.score)

    def agrees(self, expected: Json, found: Json) -> bool:
        """The same answer first."""
        ours, theirs = (
            o["answers"][0]["answer"] if o["answers"] else None for o in (expected, found)
        )
        return bool(ours == theirs)

    def agreement(self, expected: Window, found: NDArray[np.float32]) -> bool:
        """The same start and the same end."""
        return bool((expected.logits.argmax(0) == found.argmax(0)).all())


def _features(loaded: Loaded, given: Json, parameters: Json) -> list[pipeline.Feature]:
    found: list[pipeline.Feature] = loaded.beside.features(
        given["question"], given["context"], parameters["max_seq_len"], parameters["doc_stride"]
    )
    return found


def _answer(context: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """An answer in the form of djlift: code points, and what the JVM counts in."""
    start, end = one["start"], one["end"]
    return {
        "answer": one["answer"],
        "score": one["score"],
        "start": start,
        "end": end,
        "utf16_start": _utf16(context[:start]),
        "utf16_end": _utf16(context[:end]),
    }


def _utf16(text: str) -> int:
    return len(text) + sum(c > "\uffff" for c in text)


def _room(loaded: Loaded) -> int:
    return min(loaded.max_length or _LIMIT, _LIMIT)


def _short(loaded: Loaded) -> tuple[int, int]:
    """Windows that are shorter than the model's, and what they share."""
    size = max(_LEAST, _room(loaded) // 2)
    return size, size // 4


def _question(text: str, loaded: Loaded) -> str:
    """The first words of a text, as many as leave room for a context in every variant."""
    limit = _room(loaded)
    size, stride = _short(loaded)
    most = min(limit - min(limit // 2, pipeline.DOC_STRIDE), size - stride)
    words = text.split()[:_WORDS] or ["What"]
    while len(words) > 1 and not _fits(" ".join(words) + "?", most, loaded):
        words.pop()
    question = " ".join(words) + "?"
    return question if _fits(question, most, loaded) else "?"


def _fits(question: str, most: int, loaded: Loaded) -> bool:
    backend = loaded.tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    own = len(backend.encode(question, add_special_tokens=False).ids)
    return own + int(backend.num_special_tokens_to_add(True)) < most - 1


TASK = QuestionAnswering()
