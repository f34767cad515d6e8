"""PyTorch to ONNX.

The graph is exported with eager attention through the TorchScript exporter: the one route whose graphs ONNX
Runtime fuses completely (see ``docs/adr/0002-exporter.md``). Inputs are bound by name, never by position.
"""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.checkpoint import Loaded
from djlift.errors import ExportError
from djlift.loading import quiet

OPSET = 17
OUTPUT = "logits"
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# The exported graph against the model that was just exported, both in fp32 on this CPU.
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Exported:
    """An ONNX graph that was compared once with the model it came from.

    Attributes:
        file: The graph, fp32.
        inputs: Names of its inputs, in the graph's order; int64, shape (batch, tokens).
        largest_difference: Largest absolute logit difference on a sample batch, ONNX Runtime in Python.
    """

    file: Path
    inputs: tuple[str, ...]
    largest_difference: float


def export(loaded: Loaded, file: Path) -> Exported:
    """Export a loaded model to ``file``.

    Raises:
        ExportError: The exporter refuses the model, or the graph does not compute what the model does.
    """
    names = _input_names(loaded)
    sample = _sample(loaded)
    with quiet():
        expected = _run_torch(loaded.model, {n: sample[n] for n in names})
        _export(loaded.model, names, sample, file)
    found = _run_onnx(file, {n: sample[n] for n in names})
    # What stands at padding means nothing, and the ways to compute attention differ there.
    real = sample["attention_mask"].astype(bool)
    difference = float(np.abs(found - expected)[real].max())
    if not difference <= _TOLERANCE:
        raise ExportError(
            "the exported graph does not compute what the model does",
            file=file.name,
            expected=f"logits within {_TOLERANCE} of PyTorch's",
            found=f"a largest difference of {difference:.3g}",
        )
    return Exported(file, names, difference)


def _input_names(loaded: Loaded) -> tuple[str, ...]:
    takes = inspect.signature(loaded.model.forward).parameters
    gives = set(loaded.tokenizer.model_input_names) | {"input_ids", "attention_mask"}
    return tuple(name for name in _INPUTS if name in gives and name in takes)


def _sample(loaded: Loaded) -> dict[str, NDArray[np.int64]]:
    """Two rows of unequal length, so that padding is part of what is exported and compared."""
    tokenizer = loaded.tokenizer
    rows = [tokenizer(text)["input_ids"] for text in ("Anna met Tom in Paris, they say.", "Oslo")]
    longest = max(len(row) for row in rows)
    pad = tokenizer.pad_token_id or 0
    ids = np.full((2, longest), pad, dtype=np.int64)
    mask = np.zeros((2, longest), dtype=np.int64)
    for number, row in enumerate(rows):
        place = (
            slice(longest - len(row), None) if tokenizer.padding_side == "left" else slice(len(row))
        )
        ids[number, place] = row
        mask[number, place] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def _run_torch(model: Any, inputs: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
    import torch

    with torch.no_grad():
        logits = model(**{n: torch.from_numpy(a) for n, a in inputs.items()}).logits
    return np.asarray(logits.numpy(), dtype=np.float32)


def _run_onnx(file: Path, inputs: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    wanted = {i.name for i in session.get_inputs()}
    (logits,) = session.run([OUTPUT], {n: a for n, a in inputs.items() if n in wanted})
    return np.asarray(logits, dtype=np.float32)


def _export(
    model: Any, names: tuple[str, ...], sample: dict[str, NDArray[np.int64]], file: Path
) -> None:
    import torch

    class ByName(torch.nn.Module):  # type: ignore[misc]
        """Binds each value to its name: the order of ``forward``'s parameters differs by architecture."""

        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, *values: Any) -> Any:
            return self.inner(**dict(zip(names, values, strict=True)), return_dict=True).logits

    before = model.config._attn_implementation
    axes = {0: "batch", 1: "tokens"}
    try:
        model.set_attn_implementation("eager")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                ByName(model).eval(),
                tuple(torch.from_numpy(sample[n]) for n in names),
                str(file),
                input_names=list(names),
                output_names=[OUTPUT],
                dynamic_axes=dict.fromkeys((*names, OUTPUT), axes),
                opset_version=OPSET,
                do_constant_folding=True,
                dynamo=False,
            )
    except Exception as cause:
        first = (str(cause).strip().splitlines() or [""])[0]
        raise ExportError(
            f"the exporter refuses a model of type '{model.config.model_type}'",
            expected="an architecture of the support table in docs/architectures.md",
            found=f"{type(cause).__name__}: {first}",
        ) from cause
    finally:
        model.set_attn_implementation(before)
        model.eval()
