"""Sparse embedding: a text to weights of tokens, as SPLADE models give them.

The reference is sentence-transformers' ``SparseEncoder``. Logits are pooled in the graph: as they are, one for
each token of the vocabulary, a text of 256 tokens would have eight million of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Answered
from djlift.archive.windows import Window, of_window
from djlift.checkpoints import sentence_transformers
from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded, settled
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError, UsageError
from djlift.tasks.frame import parameters as known
from djlift.tasks.frame.outputs import Difference, cosine
from djlift.tasks.frame.parameters import checked
from djlift.tasks.frame.steps import encoded
from djlift.tasks.frame.task import GeneralTask, Json, Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.texts.text import Text, given_by

POOLINGS = ("max", "sum")
ACTIVATIONS = ("relu", "log1p_relu")
_KINDS = ("Transformer", "MLMTransformer", "SpladePooling")
_TOP = 16
_KEPT_EVERY = 16
_KEPT_EVERY_LARGE = 64
_LARGE = 1 << 16
_ASKED_EVERY = 8
_PROMPT = "Represent this sentence: "
_AGREES = 0.99

_PARAMETERS = {"top_k": known.whole(1, null=True), "prompt": known.text(null=True)}


@dataclass(frozen=True)
class Reference:
    """A ``SparseEncoder`` and how it pools tokens.

    Attributes:
        model: The ``SparseEncoder``.
        pooling: One of :data:`POOLINGS`.
        activation: One of :data:`ACTIVATIONS`.
        asked: What of it the user said, since the checkpoint does not.
    """

    model: Any
    pooling: str
    activation: str
    asked: Json

    @staticmethod
    def of(model: Any, asked: Json) -> Reference:
        """The reference of a loaded model."""
        splade = model[1]
        return Reference(model, splade.pooling_strategy, splade.activation_function, asked)

    def run(self, model: Any, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """Weights of the vocabulary, (batch, vocabulary), of a masked language model."""
        import torch

        logits = model(**inputs, return_dict=True).logits
        weights = torch.log1p(torch.relu(logits * inputs["attention_mask"].unsqueeze(-1)))
        if self.activation == "log1p_relu":
            weights = torch.log1p(weights)
        return (weights.amax(dim=1) if self.pooling == "max" else weights.sum(dim=1),)


class SparseEmbedding(GeneralTask):
    """See the module."""

    name = "sparse-embedding"
    application = "nlp/text_embedding"
    translator = "org.djlift.translate.SparseEmbeddingTranslatorFactory"
    java = "org.djlift.SparseEncoder"
    auto = "AutoModelForMaskedLM"
    graph_outputs = ("sparse_embedding",)
    narrows = ("fill-mask",)
    parameters = _PARAMETERS

    def claims(self, checkpoint: Checkpoint) -> bool:
        """Where modules.json says so."""
        folder = checkpoint.source.folder
        return checkpoint.adapter is None and sentence_transformers.is_model(
            folder, "SparseEncoder"
        )

    def prepared(self, loaded: Loaded, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
        """The model with its reference, the tokenizer as the reference has it.

        Raises:
            UsageError: A parameter cannot be set, or to this.
            SourceError: A module cannot be used, or nothing says how tokens are pooled.
        """
        given = dict(recipe.parameters or {})
        stated: dict[str, Any] = {
            key: given.pop(key) for key in ("pooling", "activation") if key in given
        }
        model = _encoder(loaded, checkpoint, stated)
        limit, remarks = settled(model.tokenizer, loaded.model)
        set_by = checked(given, self.parameters, self.name)
        prompt = model.prompts.get(model.default_prompt_name) or None
        reference = Reference.of(model, stated)
        return replace(
            loaded,
            tokenizer=model.tokenizer,
            max_length=limit,
            remarks=remarks,
            beside=reference,
            defaults={"top_k": model.max_active_dims, "prompt": prompt, **set_by},
            run=reference.run,
        )

    def defaults(self, loaded: Loaded, recipe: Recipe) -> Json:
        """What :meth:`prepared` made of the model's own and the recipe's."""
        return loaded.defaults

    def reference(self, loaded: Loaded, checkpoint: Checkpoint) -> Any:
        """What :meth:`prepared` loaded."""
        return loaded.beside

    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """Nothing: DJL's own sparse translator is for another kind of model."""
        return {}

    def facts(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, Any]:
        """The defaults, and what the graph does to the logits."""
        reference: Reference = loaded.beside
        return {
            "parameters": dict(loaded.defaults),
            "splade": {"pooling": reference.pooling, "activation": reference.activation},
            "asked": dict(reference.asked),
        }

    def built_with(self, model: Json) -> Json:
        """The defaults, and a pooling where it was asked for."""
        return {**super().built_with(model), **dict(model.get("asked") or {})}

    def variants(self, loaded: Loaded) -> Mapping[str, Variant]:
        """The plain call, the highest weights, and a prompt."""
        found = {
            "default": Variant(),
            "top": Variant({"top_k": _TOP}),
            "prompt": Variant({"prompt": _PROMPT}, "prompt"),
        }
        if loaded.defaults["top_k"] is not None:
            found["all"] = Variant({"top_k": None})
        return found

    def inputs(self, texts: Sequence[Text], loaded: Loaded) -> list[Json]:
        """The texts."""
        return [given_by(text) or {"text": text.text} for text in texts]

    def windows(self, loaded: Loaded, given: Json, parameters: Json) -> tuple[Window, ...]:
        """One window, cut at the limit; its only row is what the reference pools."""
        import torch

        model, prompt = loaded.beside.model, str(parameters.get("prompt") or "")
        features = model.preprocess([str(given["text"])], prompt=prompt)
        (encoding,) = features.encodings
        if not encoding.ids:
            return ()
        with torch.no_grad():
            row = model(dict(features))["sentence_embedding"]
        return (encoded(encoding, np.asarray(row.float().numpy(), dtype=np.float32)),)

    def output(
        self, loaded: Loaded, given: Json, windows: tuple[Window, ...], parameters: Json
    ) -> dict[str, Any]:
        """The weights that ``encode`` keeps, the highest first, equal ones by their ids."""
        import torch
        from sentence_transformers.util import select_max_active_dims

        row = torch.from_numpy(windows[0].logits.copy())
        kept = select_max_active_dims(row, max_active_dims=parameters.get("top_k"))
        sparse = kept.to_sparse().coalesce()
        ids, weights = sparse.indices()[1].tolist(), sparse.values().tolist()
        names = loaded.tokenizer.convert_ids_to_tokens(ids)
        found = [
            {"token": name or "", "id": one, "weight": weight}
            for name, one, weight in zip(names, ids, weights, strict=True)
        ]
        return {"tokens": sorted(found, key=lambda entry: (-entry["weight"], entry["id"]))}

    def _case(
        self, loaded: Loaded, number: int, text: Text, given: Json, variants: Mapping[str, Variant]
    ) -> Answered | None:
        case = super()._case(loaded, number, text, given, variants)
        if case is None:
            return None
        # Offsets count what the model reads, prompt and text: no longer than what is shown.
        prompts = [loaded.defaults["prompt"] or "", _PROMPT]
        return replace(case, text=f"{case.text} | {max(prompts, key=len)}")

    def asked(self, number: int, variant: str) -> bool:
        """Every text in the plain call, some in the others."""
        return variant == "default" or number % _ASKED_EVERY == 0

    def kept(self, number: int, window: Window) -> bool:
        """The weights of the whole vocabulary of some texts."""
        large = window.logits.shape[1] > _LARGE
        return number % (_KEPT_EVERY_LARGE if large else _KEPT_EVERY) == 0

    def difference(self, expected: Json, found: Json, tolerance: Tolerance) -> Difference | None:
        """A weight too far away, where no weight is 0, or what the list may have cut."""
        listed = found.get("tokens")
        if not isinstance(listed, list):
            return Difference("tokens", "a list", "nothing")
        falling = [entry["weight"] for entry in listed]
        if falling != sorted(falling, reverse=True):
            return Difference("tokens", "the highest weight first", "another order")
        ours, theirs = (_by_id(side) for side in (expected["tokens"], listed))
        # Of two full lists the last may be others, as near as rounding.
        full = len(ours) == len(theirs)
        floors = [min(side.values(), default=0.0) if full else 0.0 for side in (ours, theirs)]
        for key in dict.fromkeys([*ours, *theirs]):
            one = ours.get(key, floors[0] if key in theirs else 0.0)
            other = theirs.get(key, floors[1] if key in ours else 0.0)
            if abs(one - other) > tolerance.score * max(1.0, one):
                token = json.dumps(key[1], ensure_ascii=False)
                shown = (f"{s[key]:.6g}" if key in s else "none" for s in (ours, theirs))
                return Difference(f"weight of {token} ({key[0]})", *shown)
        return None

    def agrees(self, expected: Json, found: Json) -> bool:
        """Nearly the same direction."""
        ours, theirs = _by_id(expected["tokens"]), _by_id(found["tokens"])
        keys = list(dict.fromkeys([*ours, *theirs]))
        pair = (np.asarray([side.get(key, 0.0) for key in keys]) for side in (ours, theirs))
        return cosine(*pair) >= _AGREES

    def agreement(self, expected: Window, found: NDArray[np.float32]) -> bool:
        """The same of one window."""
        row = of_window(found, 1)
        return cosine(expected.logits[0].astype(np.float64), row[0].astype(np.float64)) >= _AGREES


def _by_id(tokens: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], float]:
    return {(entry["id"], entry["token"]): float(entry["weight"]) for entry in tokens}


def _encoder(loaded: Loaded, checkpoint: Checkpoint, stated: Mapping[str, Any]) -> Any:
    """A ``SparseEncoder`` over the model that is loaded."""
    folder = checkpoint.source.folder
    if (folder / sentence_transformers.MODULES).is_file():
        if stated:
            raise UsageError(
                "the checkpoint says itself how its tokens are pooled",
                code="pooling-stated",
                file=folder / sentence_transformers.MODULES,
                expected="no parameter 'pooling' or 'activation'",
                found=", ".join(stated),
            )
        kinds = [module.kind for module in sentence_transformers.listed(folder, _KINDS)]
        if len(kinds) != 2 or kinds[1] != "SpladePooling":
            raise SourceError(
                "the checkpoint's modules are not in an order that djlift knows",
                code="modules-order",
                file=folder / sentence_transformers.MODULES,
                expected="Transformer, SpladePooling",
                found=", ".join(kinds) or "none",
            )
        model = sentence_transformers.opened(loaded, checkpoint, "SparseEncoder")
        return sentence_transformers.over(model, loaded, checkpoint, "logits")
    pooling, activation = stated.get("pooling"), stated.get("activation", "relu")
    if pooling is None:
        raise SourceError(
            "nothing says how the checkpoint's tokens are pooled",
            code="no-pooling",
            file=folder,
            expected="modules.json, or the parameter 'pooling': " + " or ".join(POOLINGS),
            found="neither",
            mend="--parameter pooling=max, or what the model was trained with",
        )
    for name, value, values in (
        ("pooling", pooling, POOLINGS),
        ("activation", activation, ACTIVATIONS),
    ):
        if value not in values:
            raise UsageError(
                f"the parameter '{name}' cannot have this value",
                code="parameter-value",
                expected=" or ".join(values),
                found=json.dumps(value, ensure_ascii=False),
            )
    first = sentence_transformers.transformer(loaded, checkpoint, "logits", "fill-mask")
    from sentence_transformers import SparseEncoder
    from sentence_transformers.sparse_encoder.modules import SpladePooling

    model = SparseEncoder(modules=[first, SpladePooling(pooling, activation)], device="cpu")
    return sentence_transformers.over(model, loaded, checkpoint, "logits")


TASK = SparseEmbedding()
