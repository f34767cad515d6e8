"""What follows the model in an embedder of sentence-transformers, as a value that archives hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from djlift.checkpoints.sentence_transformers import MODULES, expect
from djlift.errors import SourceError

ACTIVATIONS = {
    "Identity": "identity",
    "Tanh": "tanh",
    "ReLU": "relu",
    "Sigmoid": "sigmoid",
    "SiLU": "silu",
    "GELU": "gelu",
}
"""Classes of ``torch.nn`` as a Dense module names them, and their names in an archive."""


@dataclass(frozen=True)
class Step:
    """What is done to a pooled embedding.

    Attributes:
        kind: ``dense`` or ``normalize``.
        activation: Of a dense step, one of the names in :data:`ACTIVATIONS`.
        weight: float32, shape (outputs, inputs).
        bias: float32, shape (1, outputs); None without.
    """

    kind: str
    activation: str | None = None
    weight: Any = None
    bias: Any = None

    def to_dict(self) -> dict[str, Any]:
        """The form in an archive, without the numbers."""
        if self.kind != "dense":
            return {"type": self.kind}
        outputs, inputs = self.weight.shape
        return {
            "type": self.kind,
            "inputs": int(inputs),
            "outputs": int(outputs),
            "activation": self.activation,
            "bias": self.bias is not None,
        }


@dataclass(frozen=True)
class Form:
    """How token embeddings become the embedding of a text.

    Attributes:
        columns: Numbers of a token embedding.
        pooling: One or more of :data:`djlift.strict.embedding_form.POOLINGS`; several are joined in this order.
        include_prompt: Whether the tokens of a prompt are pooled too.
        special_ids: Ids that do not count at the end of a prompt, where prompts are left out.
        steps: What follows, in order.
        prompts: By name.
    """

    columns: int
    pooling: tuple[str, ...]
    include_prompt: bool
    special_ids: tuple[int, ...]
    steps: tuple[Step, ...]
    prompts: Mapping[str, str]

    @property
    def dimension(self) -> int:
        """Numbers of an embedding that is not truncated."""
        found = self.columns * len(self.pooling)
        for step in self.steps:
            found = found if step.weight is None else int(step.weight.shape[0])
        return found

    def to_dict(self) -> dict[str, Any]:
        """The form in an archive, without the numbers."""
        return {
            "columns": self.columns,
            "pooling": list(self.pooling),
            "include_prompt": self.include_prompt,
            "special_ids": list(self.special_ids),
            "modules": [step.to_dict() for step in self.steps],
            "prompts": dict(self.prompts),
            "dimension": self.dimension,
        }

    def tensors(self) -> dict[str, Any]:
        """Weights of the dense steps: the first as DJL's own translator reads it, the next with a number."""
        found = {}
        dense = [step for step in self.steps if step.weight is not None]
        for number, step in enumerate(dense, 1):
            end = "" if number == 1 else f".{number}"
            found[f"linear.weight{end}"] = step.weight
            if step.bias is not None:
                found[f"linear.bias{end}"] = step.bias
        return found


def form_of(model: Any, folder: Path) -> Form:
    """What a loaded ``SentenceTransformer`` does after its model.

    Raises:
        SourceError: A module is set to something that djlift does not do.
    """
    pooling = model[1]
    modes = pooling.pooling_mode
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    columns = int(model[0].get_embedding_dimension())
    expect(folder / MODULES, "the width of Pooling", columns, pooling.embedding_dimension)
    steps = []
    width = columns * len(modes)
    for number, module in enumerate(list(model)[2:], 2):
        kind = type(module).__name__
        if kind == "Dropout":
            # Nothing is dropped but in training.
            continue
        names = {module.module_input_name, module.module_output_name}
        expect(
            folder / MODULES,
            f"what module {number} reads and writes",
            {"sentence_embedding"},
            names,
        )
        if kind == "Normalize":
            steps.append(Step("normalize"))
            continue
        steps.append(_dense(module, folder / MODULES, number, width))
        width = int(steps[-1].weight.shape[0])
    left_out = not pooling.include_prompt
    special = sorted(set(model.tokenizer.all_special_ids)) if left_out else []
    return Form(
        columns,
        modes,
        not left_out,
        tuple(special),
        tuple(steps),
        dict(sorted(model.prompts.items())),
    )


def _dense(module: Any, file: Path, number: int, width: int) -> Step:
    name = type(module.activation_function).__name__
    if (
        name not in ACTIVATIONS
        or type(module.activation_function).__module__.split(".")[0] != "torch"
    ):
        raise SourceError(
            f"the activation of module {number} is not supported",
            code="activation-unsupported",
            file=file,
            expected=", ".join(ACTIVATIONS),
            found=name,
        )
    expect(file, f"use_residual of module {number}", False, bool(module.use_residual))
    expect(file, f"in_features of module {number}", width, module.in_features)
    bias = module.linear.bias
    return Step(
        "dense",
        ACTIVATIONS[name],
        _numbers(module.linear.weight),
        None if bias is None else _numbers(bias).reshape(1, -1),
    )


def _numbers(values: Any) -> Any:
    return np.ascontiguousarray(values.detach().float().numpy(), dtype=np.float32)
