"""Loading a checkpoint into memory: the room that knows transformers' and PEFT's loaders.

The model comes back in fp32 and evaluation mode with its adapter merged; the tokenizer with the limit in tokens
that the reference pipeline will use.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from djlift.base.streams import quiet_logging
from djlift.checkpoints import pooling
from djlift.checkpoints.checkpoint import Checkpoint, Head
from djlift.checkpoints.recipe import ADAPTER, Recipe
from djlift.checkpoints.tokenizer import check, token_types
from djlift.checkpoints.tokenizer import choice as tokenizer_choice
from djlift.checkpoints.trained import no_labels, require_finite, require_labels, require_trained
from djlift.errors import SourceError, require

# transformers stands in for "no limit" with int(1e30)
_NO_LIMIT = 10**9
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# Tokens of padding put before a text to see whether they change its logits, and by how much they may.
_SHIFT = 4
_SAME = 1e-3
MATRICES = "MKL_CBWR"
"""Environment variable of the library with which torch multiplies matrices on x86-64."""
# Left alone it splits short matrices by the number of threads, and the last bits of the logits follow.
_ANY_THREADS = "AUTO,STRICT"


Run = Callable[[Any, Mapping[str, Any]], tuple[Any, ...]]
"""Gives a graph's outputs from a model and int64 tensors of shape (batch, tokens), by name."""


def logits_of(model: Any, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
    """The logits alone: what most heads give."""
    return (model(**inputs, return_dict=True).logits,)


@dataclass(frozen=True)
class Loaded:
    """A model and its tokenizer in memory: fp32, evaluation mode, adapter merged.

    Attributes:
        model: A ``transformers.PreTrainedModel``.
        tokenizer: A fast ``transformers`` tokenizer whose ``model_max_length`` is the limit in tokens.
        labels: The labels by class index.
        max_length: Tokens a text may have, special tokens included; None without limit.
        remarks: What was decided on the user's behalf, one sentence each.
        outputs: Names of the outputs of its graph.
        run: Gives these outputs: what is exported.
        beside: What the reference of the task needs beside the model.
        defaults: The parameters of a call that names none, of a general task.
        session: A session of ONNX Runtime that takes the model's place, or None.
        tokenizer_choice: Which tokenizer was chosen, where somebody had to; see
            :mod:`djlift.checkpoints.tokenizer.choice`.
    """

    model: Any
    tokenizer: Any
    labels: tuple[str, ...]
    max_length: int | None
    remarks: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("logits",)
    run: Run = logits_of
    beside: Any = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    session: Any = None
    tokenizer_choice: str | None = None


def load(checkpoint: Checkpoint, head: Head, recipe: Recipe, *, fixed_sums: bool = True) -> Loaded:
    """Load a checkpoint with a head. What its task needs beside the model, the task adds.

    Args:
        recipe: What the user asked for.
        fixed_sums: Whether torch sums in an order that threads do not change, for the rest of the process: what
            a reference needs, and what is slower than a user's own pipeline.

    Raises:
        MissingExtra: torch or transformers is not installed.
        SourceError: No fast tokenizer, or more than one; ids without an embedding, no labels, no trained head,
            weights that do not fit, or a ``tokenizers`` that loses text.
    """
    for module in ("torch", "transformers"):
        require(module, "export", "loading a checkpoint")
    check.require_whole()
    if checkpoint.adapter is not None:
        require("peft", "export", "merging an adapter")
    require_labels(checkpoint, head)
    # Before torch multiplies for the first time in this process; later it has no effect.
    if fixed_sums:
        os.environ.setdefault(MATRICES, _ANY_THREADS)
    with quiet():
        config = _config(checkpoint, head)
        tokenizer = tokenizer_choice.tokenizer_of(
            checkpoint, recipe.tokenizer, pairs=head.takes_pairs
        )
        model = _model(checkpoint, head, config)
        if checkpoint.adapter is not None:
            own = tokenizer if recipe.tokenizer == ADAPTER else None
            model = _adapted(model, checkpoint, head, own)
    check.require_rows(tokenizer, model, checkpoint.source.folder)
    model.eval().requires_grad_(False)
    limit, remarks = settled(tokenizer, model)
    labels: tuple[str, ...] = ()
    if head.labelled:
        labels = tuple(model.config.id2label[i] for i in range(model.config.num_labels))
        if _unnamed(checkpoint):
            remarks += (
                f"the checkpoint names no labels: they are {', '.join(labels)}, as in transformers'"
                " pipeline",
            )
    pooling.require_end(model, tokenizer)
    pooling.require_padding(model, head.auto, checkpoint.source.folder)
    remarks += token_types.settled(tokenizer, model, head, checkpoint.source.folder)
    return Loaded(model, tokenizer, labels, limit, remarks, tokenizer_choice=recipe.tokenizer)


def settled(tokenizer: Any, model: Any) -> tuple[int | None, tuple[str, ...]]:
    """Make a tokenizer the one that reference and archive share, in place.

    Returns:
        Tokens that a text may have, None without limit; and what was decided on the user's behalf.
    """
    remarks: list[str] = []
    _as_read(tokenizer, remarks)
    limit = _limit(tokenizer, model, remarks)
    with quiet():
        _pad_harmlessly(tokenizer, model, remarks)
    return limit, tuple(remarks)


def input_names(loaded: Loaded) -> tuple[str, ...]:
    """The inputs that both the tokenizer gives and the model takes, in the order that djlift writes them."""
    takes = inspect.signature(loaded.model.forward).parameters
    gives = set(loaded.tokenizer.model_input_names) | {"input_ids", "attention_mask"}
    return tuple(name for name in INPUTS if name in gives and name in takes)


def arithmetic() -> dict[str, str | None]:
    """What the last bits of the reference's logits depend on beside the versions of the tools.

    Returns:
        ``cpu``: the instructions that torch chose on this machine; ``matrices``: how MKL was told to multiply,
        None where torch multiplies by something else.
    """
    import torch

    matrices = os.environ.get(MATRICES) if torch.backends.mkl.is_available() else None
    return {"cpu": torch.backends.cpu.get_cpu_capability(), "matrices": matrices}


def forget_weights(loaded: Loaded) -> None:
    """Give the memory of the weights back; what is left knows the architecture, and computes nothing."""
    loaded.model.to("meta")


def _as_read(tokenizer: Any, remarks: list[str]) -> None:
    """Put the tokenizer through tokenizer.json once, so that reference and archive are the same one.

    Some classes of transformers build a Unigram model from scores that Python parsed; the tokenizers
    library's own JSON reader gives a few of them another last digit, and near-equal segmentations flip.
    """
    from tokenizers import Tokenizer

    written = tokenizer.backend_tokenizer.to_str()
    read = Tokenizer.from_str(written)
    if read.to_str() != written:
        tokenizer._tokenizer = read
        remarks.append(
            "some scores of the tokenizer change in their last digit when tokenizer.json is read: the"
            " reference uses them as read, as the JVM does"
        )


def _config(checkpoint: Checkpoint, head: Head) -> Any:
    import transformers

    try:
        config = transformers.AutoConfig.from_pretrained(
            checkpoint.source.folder, trust_remote_code=checkpoint.remote_code
        )
        if checkpoint.labels:
            config.id2label = dict(enumerate(checkpoint.labels))
            config.label2id = {label: i for i, label in enumerate(checkpoint.labels)}
        return config
    except Exception as cause:
        raise _not_loadable(checkpoint, head, cause) from cause


def _model(checkpoint: Checkpoint, head: Head, config: Any) -> Any:
    import torch
    import transformers

    folder = checkpoint.source.folder
    try:
        model, found = getattr(transformers, head.auto).from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=not checkpoint.pickled_model,
            ignore_mismatched_sizes=True,
            trust_remote_code=checkpoint.remote_code,
            output_loading_info=True,
        )
    except Exception as cause:
        raise _not_loadable(checkpoint, head, cause) from cause
    require_trained(checkpoint, head, found["missing_keys"], found["mismatched_keys"])
    require_finite(model, folder)
    return model


def _not_loadable(checkpoint: Checkpoint, head: Head, cause: Exception) -> SourceError:
    return SourceError(
        f"the checkpoint cannot be loaded for {head.name.replace('-', ' ')}",
        code="checkpoint-not-loadable",
        file=checkpoint.source.folder,
        expected=f"a model that transformers' {head.auto} knows",
        found=_short(cause),
    )


def _adapted(model: Any, checkpoint: Checkpoint, head: Head, tokenizer: Any) -> Any:
    """The model with its adapter merged; for the adapter's own tokenizer it gets as many rows as that needs."""
    import torch

    rows = int(model.get_input_embeddings().weight.shape[0]) if tokenizer is not None else 0
    if tokenizer is None or len(tokenizer) <= rows:
        return _merged(model, checkpoint, head)
    # As AutoPeftModel does; the new rows have to come from the adapter.
    model.resize_token_embeddings(len(tokenizer))
    made = model.get_input_embeddings().weight[rows:].detach().clone()
    model = _merged(model, checkpoint, head)
    if torch.equal(made, model.get_input_embeddings().weight[rows:]):
        assert checkpoint.adapter is not None
        raise SourceError(
            "the adapter brings no embeddings of the tokens that its tokenizer adds",
            code="untrained-weights",
            file=checkpoint.adapter.folder,
            expected=f"embeddings of {len(tokenizer)} tokens",
            found=f"those of the base, {rows}",
            mend="save the adapter with save_embedding_layers=True",
        )
    return model


def _merged(model: Any, checkpoint: Checkpoint, head: Head) -> Any:
    from peft import PeftModel

    assert checkpoint.adapter is not None
    folder = checkpoint.adapter.folder
    try:
        merged = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    except Exception as cause:
        if head.labelled and _unnamed(checkpoint):
            raise no_labels(checkpoint) from cause
        raise SourceError(
            "the adapter does not fit the checkpoint",
            code="adapter-does-not-fit",
            file=folder,
            expected=f"a PEFT adapter trained over '{checkpoint.source.id}'",
            found=_sizes(cause) or _short(cause),
        ) from cause
    require_finite(merged, folder)
    return merged


def _sizes(cause: BaseException) -> str | None:
    """The first weight that torch refuses for its size, with both."""
    found = re.search(
        r"size mismatch for (\S+): .*?Size\(\[([\d, ]*)\]\) .*?Size\(\[([\d, ]*)\]\)",
        str(cause),
        re.S,
    )
    if isinstance(cause, KeyError):
        return f"the adapter has no weight {cause}"
    if found is None:
        return None
    stored, expected = (size.replace(", ", " x ") for size in found.group(2, 3))
    return f"{found[1]} is {stored} in the adapter, {expected} for the checkpoint"


def _unnamed(checkpoint: Checkpoint) -> bool:
    return not (checkpoint.labels or checkpoint.config.get("id2label"))


def _limit(tokenizer: Any, model: Any, remarks: list[str]) -> int | None:
    """The limit in tokens, written into the tokenizer so that reference and archive share it."""
    stated = int(tokenizer.model_max_length) if tokenizer.model_max_length < _NO_LIMIT else None
    positions = positions_of(model)
    if positions is not None and (stated is None or stated > positions):
        remarks.append(
            f"the tokenizer states {'no limit' if stated is None else f'{stated} tokens'}, the model has"
            f" {positions} positions: texts are cut at {positions} tokens"
        )
        stated = positions
    if stated is not None:
        tokenizer.model_max_length = stated
    return stated


def positions_of(model: Any) -> int | None:
    """How many tokens the model has positions for; None when its positions are relative or rotary."""
    config = model.config
    # There is no table of positions then, and distances are clamped. DeBERTa's first version clamps by the
    # length that it was exported with: its limit stays, and a remark says so.
    if config.model_type == "deberta-v2" and not config.position_biased_input:
        return None
    count = getattr(config, "max_position_embeddings", None)
    if not isinstance(count, int) or count <= 0:
        return None
    for module in model.modules():
        padding = getattr(module, "padding_idx", None)
        if isinstance(padding, int) and hasattr(module, "position_embeddings"):
            # RoBERTa's kind: positions are numbered from the one after the padding's.
            return count - padding - 1
    return count


def _pad_harmlessly(tokenizer: Any, model: Any, remarks: list[str]) -> None:
    """Pad on the right where padding on the left would move the text to other positions.

    A model that numbers its positions from the start of the row gives a text other logits with each width of
    the batch, in transformers too. What a text gives alone is the reference, and padding on the right keeps it.
    """
    import torch

    if tokenizer.padding_side != "left" or tokenizer.pad_token_id is None:
        return
    room = int(min(tokenizer.model_max_length, _NO_LIMIT)) - _SHIFT
    ids = tokenizer("Anna met Tom in Paris.")["input_ids"][: max(room, 0)]
    if not ids:
        return
    pads = [tokenizer.pad_token_id] * _SHIFT
    with torch.no_grad():
        # Of any head the body: what it gives for the tokens of the text.
        body = getattr(model, model.base_model_prefix, model)
        alone = body(input_ids=torch.tensor([ids]))[0][0]
        mask = torch.tensor([[0] * _SHIFT + [1] * len(ids)])
        padded = body(input_ids=torch.tensor([pads + ids]), attention_mask=mask)[0][0, _SHIFT:]
    if float((alone - padded).abs().max()) > _SAME:
        tokenizer.padding_side = "right"
        remarks.append(
            "the tokenizer pads on the left, which gives this model's texts other logits in a batch than"
            " alone: batches are padded on the right"
        )


def _short(cause: BaseException) -> str:
    first = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {first[0] if first else ''}"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' progress bars and advice off the user's terminal."""
    from transformers.utils import logging as hf_logging

    level, bars = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    try:
        with quiet_logging(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        hf_logging.set_verbosity(level)
        if bars:
            hf_logging.enable_progress_bar()
