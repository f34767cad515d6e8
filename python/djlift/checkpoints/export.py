"""PyTorch to ONNX.

The graph is exported with eager attention, by torch's TorchScript exporter while torch has it and by its newer
one (``dynamo=True``) when it has not: :mod:`djlift.graph.fusion` fuses the graphs of both (see
``docs/adr/0006-fusion.md``). Inputs are bound by name, never by position.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.windows import stacked
from djlift.base import streams
from djlift.checkpoints import pooling
from djlift.checkpoints.loading import Loaded, input_names, quiet
from djlift.errors import ExportError, not_listed
from djlift.graph import fusion_coverage
from djlift.graph.converted import TORCHSCRIPT, Exported
from djlift.graph.runtime import fitting, session
from djlift.graph.storage import INLINE_LIMIT

OPSET = 17
DYNAMO_OPSET = 18
"""The lowest that the newer exporter writes."""
DYNAMO = "dynamo"
EXPORTERS = (TORCHSCRIPT, DYNAMO)
SETTING = "DJLIFT_EXPORTER"
"""Environment variable that names the exporter to use."""
# Where the TorchScript exporter is: in torch 2.9 and later, and before.
_TORCHSCRIPT_MODULES = ("torch.onnx._internal.torchscript_exporter", "torch.onnx.utils")
# The exported graph against the model that was just exported, both in fp32 on this CPU.
_TOLERANCE = 1e-4


def export(loaded: Loaded, file: Path, exporter: str | None = None) -> Exported:
    """Export a loaded model to ``file``.

    Args:
        exporter: One of :data:`EXPORTERS`; by default what the environment variable :data:`SETTING` names, else
            TorchScript where torch still has it.

    Raises:
        ExportError: The exporter refuses the model, or the graph does not compute what the model does.
    """
    route = _chosen(exporter or os.environ.get(SETTING))
    names = input_names(loaded)
    sample = _sample(loaded)
    with quiet():
        with fusion_coverage.counted(loaded.model) as counts:
            expected = _expected(loaded, {n: sample[n] for n in names})
        _export(loaded, names, sample, file, route)
    try:
        found = _run_onnx(file, outputs_of(loaded), {n: sample[n] for n in names})
    except Exception as cause:
        raise ExportError(
            "the exported graph does not run",
            code="export-does-not-run",
            file=file.name,
            expected=f"a graph of type '{loaded.model.config.model_type}' that ONNX Runtime runs",
            found=(str(cause).strip().splitlines() or [""])[0][:300],
        ) from cause
    difference = float(np.abs(found - expected)[_real(sample, expected)].max())
    if not difference <= _TOLERANCE:
        raise ExportError(
            "the exported graph does not compute what the model does",
            code="export-differs",
            file=file.name,
            expected=f"logits within {_TOLERANCE} of PyTorch's",
            found=f"a largest difference of {difference:.3g}",
        )
    config = loaded.model.config
    return Exported(
        file,
        names,
        difference,
        _in_order(counts),
        route,
        outputs_of(loaded),
        heads=int(getattr(config, "num_attention_heads", 0) or 0),
        hidden=int(getattr(config, "hidden_size", 0) or 0),
        layers=_layers(config),
        limit=loaded.max_length,
    )


def _layers(config: Any) -> int:
    for name in ("num_hidden_layers", "n_layers", "num_layers"):
        if isinstance(getattr(config, name, None), int):
            return int(getattr(config, name))
    return 0


def outputs_of(loaded: Loaded) -> tuple[str, ...]:
    """The names of the outputs of a model's graph."""
    return loaded.outputs


def _real(sample: Mapping[str, NDArray[np.int64]], outputs: NDArray[np.float32]) -> Any:
    """The rows that mean something: the ways to compute attention differ at padding."""
    real = sample["attention_mask"].astype(bool)
    return real if outputs.shape[:2] == real.shape else slice(None)


def _chosen(asked: str | None) -> str:
    import torch

    if asked is None:
        return TORCHSCRIPT if has_torchscript(torch.onnx.export) else DYNAMO
    if asked not in EXPORTERS:
        raise not_listed(
            f"{SETTING} names an exporter that is none",
            "unknown-exporter",
            asked,
            EXPORTERS,
            kind=ExportError,
        )
    return asked


def has_torchscript(exporting: Callable[..., Any]) -> bool:
    """Whether ``torch.onnx.export`` can still be told to use the TorchScript exporter."""
    takes = inspect.signature(exporting).parameters
    return {"dynamo", "dynamic_axes"} <= set(takes) and any(map(_present, _TORCHSCRIPT_MODULES))


def _present(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {pattern: counts.get(pattern, 0) for pattern in fusion_coverage.PATTERNS}


def _expected(loaded: Loaded, inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.float32]:
    """What the model gives for the sample: a row at a time where it pools over all rows of a batch."""
    model, pad = loaded.model, loaded.tokenizer.pad_token_id
    if not (pooling.pools_at_end(model) or pooling.takes_padding(model, pad)):
        return _run_torch(loaded, inputs)
    mask = inputs["attention_mask"].astype(bool)
    return np.concatenate(
        [
            _run_torch(loaded, {n: a[row, mask[row]][None] for n, a in inputs.items()})
            for row in range(len(mask))
        ]
    )


def _sample(loaded: Loaded) -> dict[str, NDArray[np.int64]]:
    """Two rows of unequal length, so that padding is part of what is exported and compared."""
    tokenizer = loaded.tokenizer
    rows = [tokenizer(text)["input_ids"] for text in ("Anna met Tom in Paris, they say.", "Oslo")]
    if pooling.pools_at_end(loaded.model):
        rows[0].insert(2, loaded.model.config.eos_token_id)
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


def _forward(loaded: Loaded, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
    return loaded.run(loaded.model, inputs)


def _run_torch(loaded: Loaded, inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.float32]:
    import torch

    with torch.no_grad():
        outputs = _forward(loaded, {n: torch.from_numpy(a) for n, a in inputs.items()})
    return stacked([np.asarray(output.numpy(), dtype=np.float32) for output in outputs])


def _run_onnx(
    file: Path, names: tuple[str, ...], inputs: dict[str, NDArray[np.int64]]
) -> NDArray[np.float32]:
    running = session(file)
    found = running.run(list(names), fitting(running, inputs))
    return stacked([np.asarray(output, dtype=np.float32) for output in found])


def _export(
    loaded: Loaded,
    names: tuple[str, ...],
    sample: Mapping[str, NDArray[np.int64]],
    file: Path,
    exporter: str,
) -> None:
    import torch

    class ByName(torch.nn.Module):  # type: ignore[misc]
        """Binds each value to its name: the order of ``forward``'s parameters differs by architecture."""

        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, *values: Any) -> Any:
            outputs = _forward(loaded, dict(zip(names, values, strict=True)))
            return outputs[0] if len(outputs) == 1 else outputs

    model = loaded.model
    before = model.config._attn_implementation
    given = tuple(torch.from_numpy(sample[n]) for n in names)
    write = _by_dynamo if exporter == DYNAMO else _by_torchscript
    try:
        model.set_attn_implementation("eager")
        with (
            # The exporters report stages, and print a graph they refuse, where the result belongs.
            streams.silent_stdout(),
            warnings.catch_warnings(),
            pooling.by_row(model, loaded.tokenizer.pad_token_id),
        ):
            warnings.simplefilter("ignore")
            write(ByName(model).eval(), given, names, outputs_of(loaded), file)
    except Exception as cause:
        first = (str(cause).strip().splitlines() or [""])[0]
        raise ExportError(
            f"the exporter refuses a model of type '{model.config.model_type}'",
            code="exporter-refused",
            expected="an architecture of the support table in docs/architectures.md",
            found=f"{type(cause).__name__}: {first}",
        ) from cause
    finally:
        model.set_attn_implementation(before)
        model.eval()


def _by_torchscript(
    model: Any,
    given: tuple[Any, ...],
    names: tuple[str, ...],
    outputs: tuple[str, ...],
    file: Path,
) -> None:
    import torch

    with torch.no_grad():
        ranks = [o.dim() for o in _listed(model(*given))]
    # An answer for each text has no tokens: its second axis is fixed.
    per_token = [ranks != [2]] * len(outputs)
    moving = {name: {0: "batch", 1: "tokens"} for name in names} | {
        name: {0: "batch"} | ({1: "tokens"} if by_token else {})
        for name, by_token in zip(outputs, per_token, strict=True)
    }

    with _axes_from_the_start():
        torch.onnx.export(
            model,
            given,
            str(file),
            input_names=list(names),
            output_names=list(outputs),
            dynamic_axes=moving,
            opset_version=OPSET,
            do_constant_folding=True,
            dynamo=False,
        )


@contextlib.contextmanager
def _axes_from_the_start() -> Iterator[None]:
    """Give repeat_interleave its axis counted from the start.

    The exporter adds the rank to a negative axis in place, in a constant that the -1 of a view may share.
    """
    import torch

    real = torch.Tensor.repeat_interleave

    def counted(tensor: Any, repeats: Any, dim: int | None = None, **more: Any) -> Any:
        return real(tensor, repeats, dim if dim is None else dim % tensor.dim(), **more)

    torch.Tensor.repeat_interleave = counted
    try:
        yield
    finally:
        torch.Tensor.repeat_interleave = real


def _listed(outputs: Any) -> tuple[Any, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _by_dynamo(
    model: Any,
    given: tuple[Any, ...],
    names: tuple[str, ...],
    outputs: tuple[str, ...],
    file: Path,
) -> None:
    import torch

    # It is the default since torch 2.9, and the parameter may go with the other exporter.
    takes = inspect.signature(torch.onnx.export).parameters
    chosen = {"dynamo": True} if "dynamo" in takes else {}
    dynamic = torch.export.Dim.DYNAMIC
    # It reports what it does without in the log.
    with streams.quiet_logging("torch.onnx"):
        torch.onnx.export(
            model,
            given,
            str(file),
            input_names=list(names),
            output_names=list(outputs),
            dynamic_shapes=(({0: dynamic, 1: dynamic},) * len(names),),
            opset_version=DYNAMO_OPSET,
            external_data=_bytes(model) > INLINE_LIMIT,
            **chosen,
        )


def _bytes(model: Any) -> int:
    return sum(p.numel() * p.element_size() for p in model.parameters())
