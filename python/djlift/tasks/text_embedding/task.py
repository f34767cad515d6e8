"""Text embedding: a text to a vector.

The reference is sentence-transformers: ``SentenceTransformer.encode``. What follows the model (pooling,
dense layers, normalisation, prompts, the limit) is read from the checkpoint's ``modules.json`` and the files it
names; a checkpoint without them is embedded with the pooling that is asked for, ``--parameter pooling=mean``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from djlift.archive.golden import Answered
from djlift.archive.windows import Window
from djlift.checkpoints import sentence_transformers
from djlift.checkpoints.checkpoint import Checkpoint, adapter_task
from djlift.checkpoints.loading import Loaded, settled
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError, UsageError
from djlift.strict.embedding_form import DENSE, FORM, POOLINGS
from djlift.tasks.frame import parameters as known
from djlift.tasks.frame.outputs import Difference, cosine
from djlift.tasks.frame.parameters import checked
from djlift.tasks.frame.steps import run_model
from djlift.tasks.frame.task import GeneralTask, Json, Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.text_embedding import reference as text_embedding_reference
from djlift.tasks.text_embedding.head import Form, form_of
from djlift.tasks.text_embedding.reference import Reference
from djlift.texts.text import Text, given_by

_KEPT_EVERY = 7
_KEPT_TOKENS = 48
_ASKED_EVERY = 8
_PROMPTS = 3
"""Named prompts that are recorded."""
_PROMPT = "Represent this sentence: "
_AGREES = 0.99
_ALIASES = {"mean_sqrt_len": "mean_sqrt_len_tokens", "mean_sqrt_len_tokens": "mean_sqrt_len_tokens"}

_PARAMETERS = {
    "prompt_name": known.text(null=True),
    "prompt": known.text(null=True),
    "truncate_dim": known.whole(1, null=True),
    "normalize": known.flag(),
}


class TextEmbedding(GeneralTask):
    """See the module."""

    name = "text-embedding"
    application = "nlp/text_embedding"
    translator = "org.djlift.translate.TextEmbeddingTranslatorFactory"
    java = "org.djlift.TextEmbedder"
    adapters = ("FEATURE_EXTRACTION",)
    auto = "AutoModel"
    unused = ("pooler.",)
    graph_outputs = ("last_hidden_state",)
    narrows = ("fill-mask",)
    parameters = _PARAMETERS
    stock_compares = ("dimension", "numbers", "cosine")

    def claims(self, checkpoint: Checkpoint) -> bool:
        """Where modules.json says so, and no adapter another thing."""
        task = adapter_task(checkpoint)
        free = checkpoint.adapter is None or task in self.adapters
        return free and sentence_transformers.is_model(checkpoint.source.folder)

    def prepared(self, loaded: Loaded, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
        """The model with its reference, the tokenizer as the reference has it.

        Raises:
            UsageError: A parameter cannot be set, or to this.
            SourceError: A module cannot be used, or nothing says how tokens are pooled.
        """
        given = dict(recipe.parameters or {})
        pooling = given.pop("pooling", None)
        folder = checkpoint.source.folder
        if (folder / sentence_transformers.MODULES).is_file():
            if pooling is not None:
                raise UsageError(
                    "the checkpoint says itself how its tokens are pooled",
                    code="pooling-stated",
                    file=folder / sentence_transformers.MODULES,
                    expected="no parameter 'pooling'",
                    found=str(pooling),
                )
            model = sentence_transformers.load(loaded, checkpoint)
        elif pooling is None:
            raise SourceError(
                "nothing says how the checkpoint's tokens are pooled",
                code="no-pooling",
                file=folder,
                expected="modules.json, or the parameter 'pooling': " + ", ".join(POOLINGS),
                found="neither",
                mend="--parameter pooling=mean, or what the model was trained with",
            )
        else:
            model = sentence_transformers.assembled(loaded, checkpoint, _poolings(pooling))
        limit, remarks = settled(model.tokenizer, loaded.model)
        asked = {} if pooling is None else {"pooling": pooling}
        reference = Reference.of(model, form_of(model, folder), asked)
        set_by = checked(given, self.parameters, self.name)
        _known_prompt(set_by, reference)
        defaults = {
            "prompt_name": model.default_prompt_name,
            "prompt": None,
            "truncate_dim": None,
            "normalize": False,
            **set_by,
        }
        return replace(
            loaded,
            tokenizer=model.tokenizer,
            max_length=limit,
            remarks=remarks,
            beside=reference,
            defaults=defaults,
        )

    def defaults(self, loaded: Loaded, recipe: Recipe) -> Json:
        """What :meth:`prepared` made of the model's own and the recipe's."""
        return loaded.defaults

    def reference(self, loaded: Loaded, checkpoint: Checkpoint) -> Any:
        """What :meth:`prepared` loaded."""
        return loaded.beside

    def run(self, model: Any, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """Token embeddings, (batch, tokens, columns)."""
        return (model(**inputs, return_dict=True).last_hidden_state,)

    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """Pooling and normalisation as far as DJL's own translator can do them; djlift reads embedding.json."""
        form: Form = loaded.beside.form
        return _djl(form.to_dict())

    def files(self, loaded: Loaded) -> Mapping[str, bytes]:
        """embedding.json, and dense.safetensors where there are dense layers."""
        form: Form = loaded.beside.form
        text = json.dumps(form.to_dict(), indent=2, ensure_ascii=True, sort_keys=True)
        tensors = dict(sorted(form.tensors().items()))
        return {FORM: f"{text}\n".encode("ascii")} | ({DENSE: save(tensors)} if tensors else {})

    def facts(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, Any]:
        """The defaults, what follows the model, and what of it was asked for."""
        return {
            "parameters": dict(loaded.defaults),
            "embedding": loaded.beside.form.to_dict(),
            "asked": dict(loaded.beside.asked),
        }

    def built_with(self, model: Json) -> Json:
        """The defaults, and a pooling where it was asked for."""
        return {**super().built_with(model), **dict(model.get("asked") or {})}

    def variants(self, loaded: Loaded) -> Mapping[str, Variant]:
        """The plain call; normalised; truncated, with and without; with prompts, named and not."""
        form: Form = loaded.beside.form
        half = max(1, form.dimension // 2)
        plain = loaded.beside.prompt(loaded.defaults)
        found = {
            "default": Variant(),
            "normalized": Variant({"normalize": True}),
            "truncated": Variant({"truncate_dim": half, "normalize": False}),
            "truncated-normalized": Variant({"truncate_dim": half, "normalize": True}),
            "prompt": Variant({"prompt": _PROMPT}, "prompt"),
        }
        if plain:
            found["no-prompt"] = Variant({"prompt": None, "prompt_name": None}, "no-prompt")
        named = [name for name, text in form.prompts.items() if text and text != plain]
        for number, name in enumerate(named[:_PROMPTS], 1):
            key = f"prompt-{number}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}"[:40]
            found[key] = Variant({"prompt_name": name, "prompt": None}, key)
        return found

    def inputs(self, texts: Sequence[Text], loaded: Loaded) -> list[Json]:
        """The texts."""
        return [given_by(text) or {"text": text.text} for text in texts]

    def windows(self, loaded: Loaded, given: Json, parameters: Json) -> tuple[Window, ...]:
        """One window: the prompt and the text, cut at the limit."""
        reference: Reference = loaded.beside
        encoding = reference.tokens(str(given["text"]), reference.prompt(parameters))
        if not encoding.ids:
            return ()
        return (text_embedding_reference.window(encoding, run_model(loaded, [encoding])[0]),)

    def output(
        self, loaded: Loaded, given: Json, windows: tuple[Window, ...], parameters: Json
    ) -> dict[str, Any]:
        """What ``encode`` makes of the token embeddings."""
        reference: Reference = loaded.beside
        return {"embedding": reference.embedding(windows[0], parameters)}

    def _case(
        self, loaded: Loaded, number: int, text: Text, given: Json, variants: Mapping[str, Variant]
    ) -> Answered | None:
        case = super()._case(loaded, number, text, given, variants)
        if case is None:
            return None
        # Offsets count what the model reads, prompt and text: no longer than what is shown.
        reference: Reference = loaded.beside
        prompts = [reference.prompt({**loaded.defaults, **v.parameters}) for v in variants.values()]
        longest = max(prompts, key=len, default="")
        return replace(case, text=f"{case.text} | {longest}" if longest else case.text)

    def asked(self, number: int, variant: str) -> bool:
        """Every text in the plain call, some in the others: an embedding is many digits."""
        return variant == "default" or number % _ASKED_EVERY == 0

    def kept(self, number: int, window: Window) -> bool:
        """Token embeddings of some short texts."""
        return number % _KEPT_EVERY == 0 and len(window.ids) <= _KEPT_TOKENS

    def difference(self, expected: Json, found: Json, tolerance: Tolerance) -> Difference | None:
        """Length, numbers, direction."""
        return text_embedding_reference.difference(expected, found, tolerance)

    def agrees(self, expected: Json, found: Json) -> bool:
        """Nearly the same direction."""
        ours, theirs = expected["embedding"], found["embedding"]
        return len(ours) == len(theirs) and _cosine(ours, theirs) >= _AGREES

    def agreement(self, expected: Window, found: NDArray[np.float32]) -> bool:
        """Nearly the same direction of the mean token."""
        return _cosine(expected.logits.mean(0), found.mean(0)) >= _AGREES

    def stock(self, variant: Variant, model: Json) -> Mapping[str, str] | None:
        """DJL's pooling, a dense layer, normalisation; it has no prompts, joined poolings or dimensions."""
        form = model.get("embedding") or {}
        parameters = {**(model.get("parameters") or {}), **variant.parameters}
        asked = parameters.get("prompt") or parameters.get("prompt_name")
        settings = _djl(form)
        if asked or parameters.get("truncate_dim") or not settings:
            return None
        normalize = settings["normalize"] == "true" or bool(parameters.get("normalize"))
        dense = {"dense": DENSE} if "denseActivation" in settings else {}
        return {**settings, **dense, "normalize": str(normalize).lower()}


def _djl(form: Mapping[str, Any]) -> dict[str, str]:
    """The settings of DJL's own translator; nothing where it cannot do the same."""
    steps = [step for step in form["modules"] if step["type"] == "dense"]
    order = [step["type"] for step in form["modules"]]
    if len(form["pooling"]) > 1 or order not in (
        [],
        ["normalize"],
        ["dense"],
        ["dense", "normalize"],
    ):
        return {}
    if steps and (steps[0]["activation"] not in ("tanh", "identity") or not steps[0]["bias"]):
        return {}
    found = {
        "pooling": form["pooling"][0].replace("_tokens", ""),
        "normalize": str("normalize" in order).lower(),
    }
    return found | ({"denseActivation": steps[0]["activation"].capitalize()} if steps else {})


def _poolings(given: Any) -> list[str]:
    listed = [given] if isinstance(given, str) else given
    known_modes = {mode: mode for mode in POOLINGS} | _ALIASES
    if (
        not isinstance(listed, list)
        or not listed
        or not all(isinstance(mode, str) and mode in known_modes for mode in listed)
    ):
        raise UsageError(
            "the parameter 'pooling' cannot have this value",
            code="parameter-value",
            expected="one or a list of " + ", ".join(POOLINGS),
            found=json.dumps(given, ensure_ascii=False),
        )
    return [known_modes[mode] for mode in listed]


def _known_prompt(parameters: Json, reference: Reference) -> None:
    name = parameters.get("prompt_name")
    if name is not None and name not in reference.form.prompts:
        raise UsageError(
            "the model has no prompt of this name",
            code="no-such-prompt",
            expected=", ".join(reference.form.prompts) or "none",
            found=str(name),
        )


def _cosine(one: Any, other: Any) -> float:
    values = [
        np.nan_to_num(np.asarray([np.nan if x is None else x for x in v], dtype=np.float64))
        for v in (one, other)
    ]
    return cosine(*values)


TASK = TextEmbedding()
