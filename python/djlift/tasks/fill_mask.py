"""Fill-mask: the tokens that a masked language model puts in the place of its mask token.

The reference is transformers' ``FillMaskPipeline``, called with ``tokenizer_kwargs={"truncation": True}``:
without it, a text that is longer than the model is an error there. Tokens of exactly the same score have no
order there: ``torch.topk`` gives them in any; djlift gives the one with the lower id first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Answered
from djlift.archive.windows import Window
from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError
from djlift.tasks.frame import parameters as known
from djlift.tasks.frame import ranked
from djlift.tasks.frame.outputs import Difference, by_key
from djlift.tasks.frame.steps import brought, encoded, piped, run_model
from djlift.tasks.frame.task import GeneralTask, Json, Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.texts.text import Text, given_by

_NEAR = 24
"""The first mask stands within so many words, so that most long texts keep it."""
_SEVERAL_EVERY = 3
_TARGETS = 9
_UNKNOWN = "Donaudampfschifffahrtsgesellschaft"
_RECORDED = 1 << 23
"""Bytes of the graph's outputs that are recorded, about: a row has a number for each token."""
_CASES = 235
_EVERY = 2


@dataclass(frozen=True)
class Reference:
    """The pipeline, and what it made of parameters so far: looking targets up takes it long."""

    pipe: Any
    after: dict[str, Any] = field(default_factory=dict)

    def postprocess(self, given: Mapping[str, Any], parameters: Json) -> Any:
        """What the pipeline's own ``postprocess`` makes of the logits."""
        key = json.dumps(dict(parameters), sort_keys=True)
        if key not in self.after:
            self.after[key] = self.pipe._sanitize_parameters(**parameters)[2]
        return self.pipe.postprocess(given, **self.after[key])


class FillMask(GeneralTask):
    """See the module."""

    name = "fill-mask"
    application = "nlp/fill_mask"
    translator = "org.djlift.translate.FillMaskTranslatorFactory"
    java = "org.djlift.MaskFiller"
    heads = ("ForMaskedLM",)
    auto = "AutoModelForMaskedLM"
    parameters = MappingProxyType(
        {
            "top_k": known.whole(1),
            "targets": known.texts(null=True),
        }
    )

    stock_compares = ("token_str", "score")

    def facts(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, Any]:
        """The parameters of a call that names none, and what marks a place to fill."""
        return {**super().facts(loaded, recipe), "mask_token": str(loaded.tokenizer.mask_token)}

    def defaults(self, loaded: Loaded, recipe: Recipe) -> Json:
        """As the pipeline has them."""
        return {"top_k": 5, "targets": None}

    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """What the pipeline takes from the tokenizer."""
        tokenizer = loaded.tokenizer
        padding = tokenizer.pad_token_id
        return {
            "maskTokenId": str(tokenizer.mask_token_id),
            **({} if padding is None else {"padTokenId": str(padding)}),
            "cleanUpTokenizationSpaces": "true" if _cleans_up(tokenizer) else "false",
            "truncationSide": str(tokenizer.truncation_side),
        }

    def reference(self, loaded: Loaded, checkpoint: Checkpoint) -> Any:
        """The pipeline.

        Raises:
            SourceError: The tokenizer has no mask token.
        """
        from transformers import FillMaskPipeline

        if loaded.tokenizer.mask_token_id is None:
            raise SourceError(
                "the checkpoint's tokenizer has no mask token",
                code="no-mask-token",
                file=checkpoint.source.folder / "tokenizer_config.json",
                expected="mask_token",
                found="none",
            )
        return Reference(piped(FillMaskPipeline, loaded))

    def variants(self, loaded: Loaded) -> Mapping[str, Variant]:
        """Several tokens, the best, many, and of some targets only."""
        targets = _targets(loaded.tokenizer)
        return {
            "default": Variant(),
            "top-1": Variant({"top_k": 1}),
            "top-20": Variant({"top_k": 20}),
            "targets": Variant({"targets": targets, "top_k": 3}),
            "unknown-target": Variant({"targets": [*targets[:2], _UNKNOWN, targets[0]]}),
        }

    def chosen(self, texts: Sequence[Text]) -> Sequence[Text]:
        """Every second text, and all that a user brings: each is decoded once for every token that is given."""
        return [t for n, t in enumerate(texts) if n % _EVERY == 0 or brought(t)]

    def inputs(self, texts: Sequence[Text], loaded: Loaded) -> list[Json]:
        """Each text with a word masked, or more of them."""
        mask = loaded.tokenizer.mask_token
        return [
            given_by(text) or {"text": _masked(text.text, mask, n)} for n, text in enumerate(texts)
        ]

    def windows(self, loaded: Loaded, given: Json, parameters: Json) -> tuple[Window, ...]:
        """One window, cut at the model's limit; none where no mask is left in it."""
        from transformers.pipelines import PipelineException

        cut = {"truncation": loaded.max_length is not None}
        try:
            batch = loaded.beside.pipe.preprocess(given["text"], tokenizer_kwargs=cut)
        except PipelineException:
            return ()
        (encoding,) = batch.encodings
        whole = encoded(encoding, run_model(loaded, [encoding])[0])
        rows = self.rows(loaded, whole.ids)
        return (replace(whole, logits=whole.logits[rows], rows=rows),)

    def rows(self, loaded: Loaded, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The mask tokens."""
        return np.flatnonzero(ids == loaded.tokenizer.mask_token_id)

    def kept(self, number: int, window: Window) -> bool:
        """Of a large vocabulary not every case: the archive would be larger with them than the model."""
        size = window.logits.shape[1] * window.logits.itemsize * _CASES
        return bool(number % max(1, -(-size // _RECORDED)) == 0)

    def output(
        self, loaded: Loaded, given: Json, windows: tuple[Window, ...], parameters: Json
    ) -> dict[str, Any]:
        """What the pipeline's own ``postprocess`` makes of the logits."""
        import torch

        (window,) = windows
        masks = self.rows(loaded, window.ids)
        # It takes the rows of the masks out again; the others are never looked at.
        logits = np.zeros((1, len(window.ids), window.logits.shape[1]), dtype=np.float32)
        logits[0, masks] = window.logits
        outputs = {
            "input_ids": torch.from_numpy(window.ids[None]),
            "logits": torch.from_numpy(logits),
        }
        found = loaded.beside.postprocess(outputs, parameters)
        return {"masks": [found] if len(masks) == 1 else found}

    def clear(self, case: Answered, loaded: Loaded) -> bool:
        """The best token of every mask leads, also among targets."""
        return all(ranked.clear(m) for output in case.answers.values() for m in output["masks"])

    def difference(self, expected: Json, found: Json, tolerance: Tolerance) -> Difference | None:
        """Tokens in their order, but for those whose scores rounding moves past each other."""
        ours, theirs = expected["masks"], found["masks"]
        if len(ours) != len(theirs):
            return Difference("masks", f"{len(ours)} values", f"{len(theirs)} values")
        each = (
            ranked.difference(a, b, tolerance, f"masks[{n}]")
            for n, (a, b) in enumerate(zip(ours, theirs, strict=True))
        )
        return next((apart for apart in each if apart is not None), None)

    def stock(self, variant: Variant, model: Json) -> Mapping[str, str] | None:
        """How many tokens, and what the mask is; DJL knows no targets."""
        settings = {**model.get("parameters", {}), **variant.parameters}
        if settings.get("targets") is not None:
            return None
        return {"topK": str(settings["top_k"]), "maskToken": str(model.get("mask_token"))}

    def stock_view(self, expected: Json) -> Json:
        """Tokens as text, and scores."""
        kept = ("score", "token_str")
        return {"masks": [[{k: e[k] for k in kept} for e in m] for m in expected["masks"]]}

    def near_tie(self, expected: Json, found: Json, tolerance: Tolerance) -> float | None:
        """Tokens whose scores are as close as rounding moves them."""
        if len(expected["masks"]) != len(found["masks"]):
            return None
        ties = [
            by_key(a, b, tolerance.score)
            for a, b in zip(expected["masks"], found["masks"], strict=True)
        ]
        return None if None in ties else max((t for t in ties if t is not None), default=None)

    def agrees(self, expected: Json, found: Json) -> bool:
        """The same token first at every mask."""
        first = [[mask[0]["token"] for mask in o["masks"]] for o in (expected, found)]
        return bool(first[0] == first[1])


def _cleans_up(tokenizer: Any) -> bool:
    """Whether ``decode`` of transformers 5 removes spaces before punctuation."""
    if not tokenizer.clean_up_tokenization_spaces:
        return False
    forced = tokenizer.clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output
    return bool(forced or type(tokenizer.backend_tokenizer.model).__name__ != "BPE")


def _targets(tokenizer: Any) -> list[str]:
    """Some tokens from all over the vocabulary."""
    size = len(tokenizer)
    ids = [size * n // (_TARGETS + 1) for n in range(1, _TARGETS + 1)]
    tokens = (tokenizer.convert_ids_to_tokens(i) for i in ids)
    return [token for token in tokens if token]


def _masked(text: str, mask: str, number: int) -> str:
    """A text with a word of it masked, in every third two; one of a single word with a mask within it."""
    words = text.split(" ")
    if len(words) == 1:
        half = len(text) // 2
        return f"{text[:half]}{mask}{text[half:]}" if number % 2 else f"{text} {mask}."
    at = number % min(len(words), _NEAR)
    words[at] = mask
    if number % _SEVERAL_EVERY == 0:
        words[(at + 2) % len(words)] = f"{mask},"
    return " ".join(words)


TASK = FillMask()
