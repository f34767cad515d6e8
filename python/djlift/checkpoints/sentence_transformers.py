"""Checkpoints of sentence-transformers: which modules follow the model, read from its files and never guessed.

What can be read without torch comes first; loading needs ``djlift[embed]``.
"""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import ADAPTER, PUBLISHED
from djlift.checkpoints.settings import json_of, read_json
from djlift.checkpoints.trained import require_finite
from djlift.errors import SourceError, require

MODULES = "modules.json"
SETTINGS = "config_sentence_transformers.json"
KINDS = ("Transformer", "Pooling", "Dense", "Normalize", "Dropout")
_OWN = re.compile(r"sentence_transformers\.(?:\w+\.)*(\w+)")


@dataclass(frozen=True)
class Module:
    """One line of modules.json: a kind of :data:`KINDS`, and its folder within the checkpoint."""

    kind: str
    path: str


def expect(file: Path, what: str, expected: Any, found: Any) -> None:
    """Refuse what is set to another thing than djlift supports.

    Raises:
        SourceError: It is.
    """
    if expected != found:
        raise SourceError(
            f"{what} is not what djlift supports",
            code="modules-unsupported",
            file=file,
            expected=str(expected),
            found=str(found),
        )


def is_model(folder: Path, kind: str = "SentenceTransformer") -> bool:
    """Whether a checkpoint says that it is a model of sentence-transformers, of that kind."""
    if not (folder / MODULES).is_file():
        return False
    settings = json_of(folder / SETTINGS) if (folder / SETTINGS).is_file() else {}
    return bool(settings.get("model_type", "SentenceTransformer") == kind)


def listed(folder: Path, kinds: Sequence[str]) -> tuple[Module, ...]:
    """What modules.json lists.

    Raises:
        SourceError: It cannot be read, a module is of none of the kinds, or the model is in a subfolder.
    """
    file = folder / MODULES
    try:
        types = [(str(entry["type"]), str(entry["path"])) for entry in read_json(file)]
    except (KeyError, TypeError) as cause:
        raise SourceError(
            "a file of the checkpoint cannot be read",
            code="checkpoint-unreadable",
            file=file,
            expected="a list of modules with type and path",
            found=f"{type(cause).__name__}: {cause}",
        ) from cause
    found = []
    for name, path in types:
        own = _OWN.fullmatch(name)
        if own is None or own[1] not in kinds:
            raise SourceError(
                "the checkpoint has a module that djlift does not know",
                code="modules-unknown",
                file=file,
                expected=", ".join(kinds) + " of sentence-transformers",
                found=name,
            )
        found.append(Module(own[1], path))
    if found and found[0].path:
        raise SourceError(
            "the checkpoint's model is not where its configuration is",
            code="modules-misplaced",
            file=file,
            expected='the path "" for the model',
            found=found[0].path,
        )
    return tuple(found)


def modules(folder: Path) -> tuple[Module, ...]:
    """The modules of an embedder: a Transformer, a Pooling, then what is done to the embedding.

    Raises:
        SourceError: modules.json cannot be read, or lists something else.
    """
    found = listed(folder, KINDS)
    kinds = [module.kind for module in found]
    if kinds[:2] != ["Transformer", "Pooling"] or {"Transformer", "Pooling"} & set(kinds[2:]):
        raise SourceError(
            "the checkpoint's modules are not in an order that djlift knows",
            code="modules-order",
            file=folder / MODULES,
            expected="Transformer, Pooling, then Dense and Normalize in any order",
            found=", ".join(kinds) or "none",
        )
    return found


def load(loaded: Loaded, checkpoint: Checkpoint) -> Any:
    """A checkpoint with modules.json as a ``SentenceTransformer`` over the model that is loaded.

    Raises:
        MissingExtra: sentence-transformers is not installed.
        SourceError: A module cannot be used.
    """
    _refuse_unread(checkpoint, modules(checkpoint.source.folder))
    model = opened(loaded, checkpoint, "SentenceTransformer")
    return over(model, loaded, checkpoint, "last_hidden_state")


@contextlib.contextmanager
def chosen_tokenizer(loaded: Loaded) -> Iterator[None]:
    """Let sentence-transformers load the tokenizer that was chosen where AutoTokenizer gives another.

    AutoTokenizer may build it anew whatever the folder says, so its place is taken while a model is loaded:
    limits, lower-casing and sides are set on it as on any other.
    """
    if loaded.tokenizer_choice not in (PUBLISHED, ADAPTER):
        yield
        return
    from sentence_transformers.base.modules import transformer as module

    class Chosen:
        """Stands for ``AutoProcessor``."""

        @staticmethod
        def from_pretrained(*_: Any, model_max_length: int | None = None, **__: Any) -> Any:
            tokenizer = copy.deepcopy(loaded.tokenizer)
            if model_max_length is not None:
                tokenizer.model_max_length = model_max_length
            return tokenizer

    given = module.AutoProcessor
    module.AutoProcessor = Chosen
    try:
        yield
    finally:
        module.AutoProcessor = given


def opened(loaded: Loaded, checkpoint: Checkpoint, kind: str) -> Any:
    """A checkpoint as sentence-transformers itself loads it, fp32 on the CPU.

    Raises:
        MissingExtra: sentence-transformers is not installed.
        SourceError: It cannot load the checkpoint.
    """
    require("sentence_transformers", "embed", "loading a model of sentence-transformers")
    import sentence_transformers
    import torch

    try:
        with chosen_tokenizer(loaded):
            return getattr(sentence_transformers, kind)(
                str(checkpoint.source.folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=checkpoint.remote_code,
                model_kwargs={"dtype": torch.float32},
            )
    except Exception as cause:
        raise SourceError(
            "sentence-transformers cannot load the checkpoint",
            code="checkpoint-not-loadable",
            file=checkpoint.source.folder,
            expected=f"a {kind} of sentence-transformers",
            found=f"{type(cause).__name__}: {(str(cause).strip().splitlines() or [''])[0]}",
        ) from cause


def transformer(loaded: Loaded, checkpoint: Checkpoint, output: str, task: str) -> Any:
    """The first module for a checkpoint without modules.json.

    Raises:
        MissingExtra: sentence-transformers is not installed.
    """
    require("sentence_transformers", "embed", "embedding texts")
    import torch
    from sentence_transformers.base.modules import Transformer

    offline = {"local_files_only": True, "trust_remote_code": checkpoint.remote_code}
    with chosen_tokenizer(loaded):
        return Transformer(
            str(checkpoint.source.folder),
            transformer_task=task,
            model_kwargs={"dtype": torch.float32, **offline},
            processor_kwargs=dict(offline),
            config_kwargs=dict(offline),
            modality_config={"text": {"method": "forward", "method_output_name": output}},
            module_output_name="token_embeddings",
            max_seq_length=loaded.max_length,
        )


def assembled(loaded: Loaded, checkpoint: Checkpoint, pooling: Sequence[str]) -> Any:
    """A checkpoint without modules.json as a ``SentenceTransformer`` with this pooling."""
    first = transformer(loaded, checkpoint, "last_hidden_state", "feature-extraction")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    size = first.get_embedding_dimension()
    model = SentenceTransformer(modules=[first, Pooling(size, list(pooling))], device="cpu")
    return over(model, loaded, checkpoint, "last_hidden_state")


def over(model: Any, loaded: Loaded, checkpoint: Checkpoint, output: str) -> Any:
    """The same over the model that is loaded, an adapter merged, in place of its own copy.

    Args:
        output: Which of the model's outputs the next module takes.

    Raises:
        SourceError: It is another class, or its first module does more than run it on a text.
    """
    first, file = model[0], checkpoint.source.folder / "config.json"
    text = {"text": {"method": "forward", "method_output_name": output}}
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("the class of the model", type(loaded.model).__name__, type(first.model).__name__),
        ("modality_config of the model", text, dict(first.modality_config)),
        ("processing_kwargs of the model", {}, dict(first.processing_kwargs or {})),
        ("query_expansion of the model", None, first.query_expansion),
    )
    for what, expected, found in pairs:
        expect(file, what, expected, found)
    first.model = loaded.model
    require_finite(model, checkpoint.source.folder)
    return model.eval()


def _refuse_unread(checkpoint: Checkpoint, found: Sequence[Module]) -> None:
    """Weights that were not found or may not be read, and activations that sentence-transformers replaces."""
    for module in found:
        if module.kind != "Dense":
            continue
        folder = checkpoint.source.folder / module.path
        if not any(name.startswith(f"{module.path}/") for name in checkpoint.weights):
            pickled = (folder / "pytorch_model.bin").is_file()
            raise SourceError(
                "the weights are pickled, and a pickle can run code when it is read"
                if pickled
                else "a module of the checkpoint has no weights",
                code="pickled-weights" if pickled else "module-weights",
                file=folder,
                expected=f"{module.path}/model.safetensors",
                found="pytorch_model.bin" if pickled else "none",
                mend="convert them to safetensors, or pass --allow-pickle if you trust their author"
                if pickled
                else None,
            )
        name = str(json_of(folder / "config.json").get("activation_function", "torch."))
        if not name.startswith("torch."):
            raise SourceError(
                f"the activation of {module.path} is not supported",
                code="activation-unsupported",
                file=folder / "config.json",
                expected="a class of torch.nn",
                found=name,
            )
