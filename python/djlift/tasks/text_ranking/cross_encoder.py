"""CrossEncoders of sentence-transformers: what a checkpoint says of being one, and one as the reference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.sentence_transformers import chosen_tokenizer
from djlift.checkpoints.settings import settings_of
from djlift.errors import SourceError, require

_KIND = "CrossEncoder"
_SIGMOID, _NONE = "sigmoid", "none"
_FILES = ("modules.json", "config_sentence_transformers.json")


def stated(checkpoint: Checkpoint) -> str | None:
    """Where a checkpoint says that sentence-transformers saved it as a CrossEncoder; None where it does not.

    Versions from 6 write it into a file of their own, 4 and 5 a section of ``config.json``, older ones the name
    of an activation function there.
    """
    folder = checkpoint.source.folder
    if all((folder / name).is_file() for name in _FILES):
        kind = settings_of(folder / _FILES[1]).get("model_type")
        return _FILES[1] if kind == _KIND else None
    config = checkpoint.config
    if isinstance(config.get("sentence_transformers"), Mapping):
        return "config.json"
    return "config.json" if config.get("sbert_ce_default_activation_function") else None


def reference(loaded: Loaded, checkpoint: Checkpoint, *, chosen: bool) -> Any:
    """The checkpoint as sentence-transformers loads it: a :class:`sentence_transformers.CrossEncoder`.

    Args:
        chosen: Whether the user names the function that makes scores of logits: then the checkpoint's need
            not be one that djlift knows.

    Raises:
        MissingExtra: sentence-transformers is not installed.
        SourceError: The CrossEncoder is more than a transformer with a head, or its function is none that
            djlift knows.
    """
    require("sentence_transformers", "export", "a cross-encoder's reference")
    import sentence_transformers
    import torch
    from sentence_transformers.base.modules import Transformer

    class Answering(sentence_transformers.CrossEncoder):  # type: ignore[misc]
        """A CrossEncoder that can be told the logits, to make scores of them as it always does."""

        functions: Mapping[str, Any] = {_SIGMOID: torch.nn.Sigmoid(), _NONE: torch.nn.Identity()}
        _rows: Mapping[tuple[str, str], NDArray[np.float32]] | None = None

        def take(self, model: Any, tokenizer: Any) -> None:
            """Use a model and a tokenizer: with an adapter merged, with the limit in tokens."""
            self[0].model, self[0].processor = model, tokenizer

        @property
        def function(self) -> str:
            """The name of its activation function."""
            return _SIGMOID if isinstance(self.activation_fn, torch.nn.Sigmoid) else _NONE

        @property
        def default_prompt(self) -> str | None:
            """What it puts before a query unasked."""
            return self._resolve_prompt(None, None) or None

        @contextmanager
        def answering(
            self, query: str, texts: Sequence[str], rows: Sequence[NDArray[np.float32]]
        ) -> Iterator[None]:
            """Take these logits, float32 of shape (1, labels) for each text, and do not run the model."""
            self._rows = {(query, t): row for t, row in zip(texts, rows, strict=True)}
            try:
                yield
            finally:
                self._rows = None

        def preprocess(self, inputs: Any, *rest: Any, **options: Any) -> Any:
            if self._rows is None:
                return super().preprocess(inputs, *rest, **options)
            rows = [self._rows[tuple(pair)] for pair in inputs]
            return {"scores": torch.from_numpy(np.concatenate(rows))}

        def forward(self, input: Any, **options: Any) -> Any:
            return input if self._rows is not None else super().forward(input, **options)

    folder = checkpoint.source.folder
    try:
        with chosen_tokenizer(loaded):
            encoder = Answering(
                str(folder),
                device="cpu",
                trust_remote_code=checkpoint.remote_code,
                local_files_only=True,
            )
    except Exception as cause:
        first = str(cause).strip().splitlines()
        raise SourceError(
            "the checkpoint cannot be loaded as a CrossEncoder of sentence-transformers",
            code="checkpoint-not-loadable",
            file=folder,
            expected="a checkpoint that sentence_transformers.CrossEncoder loads",
            found=f"{type(cause).__name__}: {first[0] if first else ''}",
        ) from cause
    modules = [type(module).__name__ for module in encoder]
    task = getattr(encoder[0], "transformer_task", None)
    if modules != [Transformer.__name__] or task != "sequence-classification":
        raise SourceError(
            "the CrossEncoder is more than a transformer with a head",
            code="cross-encoder-modules",
            file=folder / "modules.json",
            expected="one Transformer module for sequence-classification",
            found=", ".join(modules) + (f" ({task})" if task else ""),
        )
    ours, theirs = (
        json.loads(t.backend_tokenizer.to_str())["normalizer"]
        for t in (loaded.tokenizer, encoder.tokenizer)
    )
    if ours != theirs:
        raise SourceError(
            "the CrossEncoder changes texts before its tokenizer sees them",
            code="cross-encoder-prompts",
            file=folder / "sentence_bert_config.json",
            expected="do_lower_case = false, or a tokenizer.json that lower-cases",
            found=json.dumps(theirs)[:200],
        )
    known = (torch.nn.Sigmoid, torch.nn.Identity)
    if not chosen and (
        _distrusted(checkpoint, encoder) or not isinstance(encoder.activation_fn, known)
    ):
        raise SourceError(
            "the function that makes scores of logits is none that the JVM knows",
            code="score-function",
            file=folder / "config.json",
            expected="torch.nn.modules.activation.Sigmoid or torch.nn.modules.linear.Identity",
            found=_named(checkpoint) or type(encoder.activation_fn).__name__,
            mend="--parameter function_to_apply=none, or =sigmoid",
        )
    return encoder


def _distrusted(checkpoint: Checkpoint, encoder: Any) -> bool:
    """Whether the checkpoint names a function that sentence-transformers passed over for another."""
    name = _named(checkpoint)
    return name is not None and name.rpartition(".")[2] != type(encoder.activation_fn).__name__


def _named(checkpoint: Checkpoint) -> str | None:
    """The activation function that a checkpoint names."""
    section: Any = checkpoint.config.get("sentence_transformers")
    found = settings_of(checkpoint.source.folder / _FILES[1]).get("activation_fn")
    if found is None and isinstance(section, Mapping):
        found = section.get("activation_fn")
    if found is None:
        found = checkpoint.config.get("sbert_ce_default_activation_function")
    return found if isinstance(found, str) else None
