"""An archive's graph in Python's ONNX Runtime: the other side of ``djlift verify --device cuda:N``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from djlift.device import CPU_INSTEAD, CUDA, Device
from djlift.errors import DeviceError, require
from djlift.trace import Window

_MODEL = "model.onnx"


@dataclass(frozen=True)
class Graph:
    """A session on the device that was asked for, and on no other."""

    session: Any

    @classmethod
    def load(cls, folder: Path, device: Device, *, threads: int = 0) -> Graph:
        """Load the graph of an unpacked archive.

        Args:
            threads: Threads within an operator; 0 lets ONNX Runtime choose.

        Raises:
            DeviceError: ONNX Runtime put the session on another device.
            MissingExtra: ONNX Runtime is not installed.
        """
        require("onnxruntime", "export", f"running a graph on {device} in Python")
        import onnxruntime

        providers: list[Any] = ["CPUExecutionProvider"]
        if device.cuda:
            # Loads the CUDA libraries that pip installed, if there are any.
            onnxruntime.preload_dlls()
            # Its default rounds what fp32 matrices are multiplied of to 10 bits (TF32).
            providers = [(CUDA, {"device_id": device.number, "use_tf32": "0"})]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            session = onnxruntime.InferenceSession(
                str(folder / _MODEL), options, providers=providers
            )
        except Exception as cause:
            raise _elsewhere(device, " ".join(str(cause).split())) from cause
        if device.cuda and CUDA not in session.get_providers():
            # ONNX Runtime says so in a warning and goes on without it.
            raise _elsewhere(device, ", ".join(session.get_providers()))
        return cls(session)

    def run(self, cases: Mapping[str, Sequence[Window]]) -> dict[str, list[Window]]:
        """The same windows with the logits that this session gives, each run alone.

        Args:
            cases: Windows by case id; their ids, masks and types are what is fed.
        """
        return {case: [self._window(w) for w in windows] for case, windows in cases.items()}

    def _window(self, window: Window) -> Window:
        if not window.ids.size:
            return window
        values = {
            "input_ids": window.ids,
            "attention_mask": window.mask,
            "token_type_ids": window.type_ids,
        }
        fed = {i.name: values[i.name][np.newaxis] for i in self.session.get_inputs()}
        (logits,) = self.session.run(None, fed)
        return replace(window, logits=logits[0])


def _elsewhere(device: Device, found: str) -> DeviceError:
    return DeviceError(
        f"Python's ONNX Runtime cannot use {device}",
        code="python-gpu",
        expected=CUDA if device.cuda else "CPUExecutionProvider",
        found=found,
        mend="djlift doctor; or " + CPU_INSTEAD,
    )
