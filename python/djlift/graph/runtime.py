"""Sessions of Python's ONNX Runtime, on the device that was asked for and on no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.base import memory
from djlift.base.device import CPU_INSTEAD, CUDA, Device
from djlift.errors import DeviceError, require

Batch = dict[str, NDArray[np.int64]]
"""Inputs by name, shape (batch, tokens)."""
_CPU = "CPUExecutionProvider"
_FOLDER_OF_WEIGHTS = "session.model_external_initializers_file_folder_path"
_ERRORS_ONLY = 3


def session(
    graph: Path | bytes,
    *,
    optimized: bool = True,
    threads: int = 0,
    weights: Path | None = None,
) -> Any:
    """Open a session on the CPU that takes as little memory as it can: for building.

    Args:
        graph: The file, or its bytes.
        threads: Threads within an operator; 0 lets ONNX Runtime choose.
        weights: The folder of the weights that bytes refer to.
    """
    import onnxruntime

    onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
    options = _options(threads)
    # The arena takes twice what it needs, and gives nothing back to the next graph.
    options.enable_cpu_mem_arena = False
    memory.give_back()
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if weights is not None:
        options.add_session_config_entry(_FOLDER_OF_WEIGHTS, str(weights))
    readable = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(readable, options, providers=[_CPU])


def session_on(device: Device, graph: Path, *, threads: int = 0) -> Any:
    """Open a session as its users do: with ONNX Runtime's own options, on a device.

    Args:
        threads: Threads within an operator; 0 lets ONNX Runtime choose.

    Raises:
        DeviceError: ONNX Runtime put the session on another device.
        MissingExtra: ONNX Runtime is not installed.
    """
    require("onnxruntime", "export", f"running a graph on {device} in Python")
    import onnxruntime

    providers: list[Any] = [_CPU]
    if device.cuda:
        # Loads the CUDA libraries that pip installed, if there are any.
        onnxruntime.preload_dlls()
        # Its default rounds what fp32 matrices are multiplied of to 10 bits (TF32).
        providers = [(CUDA, {"device_id": device.number, "use_tf32": "0"})]
    try:
        found = onnxruntime.InferenceSession(str(graph), _options(threads), providers=providers)
    except Exception as cause:
        raise _elsewhere(device, " ".join(str(cause).split())) from cause
    if device.cuda and CUDA not in found.get_providers():
        # ONNX Runtime says so in a warning and goes on without it.
        raise _elsewhere(device, ", ".join(found.get_providers()))
    return found


def fitting(running: Any, batch: Batch) -> Batch:
    """The inputs of a batch that a session takes."""
    wanted = {i.name for i in running.get_inputs()}
    return {name: rows for name, rows in batch.items() if name in wanted}


def _options(threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return options


def _elsewhere(device: Device, found: str) -> DeviceError:
    return DeviceError(
        f"Python's ONNX Runtime cannot use {device}",
        code="python-gpu",
        expected=CUDA if device.cuda else _CPU,
        found=found,
        mend="djlift doctor; or " + CPU_INSTEAD,
    )
