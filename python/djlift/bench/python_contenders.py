"""Python's sides of ``djlift bench``: transformers' pipeline on PyTorch, and the same on ONNX Runtime."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from djlift.archive.manifest import Manifest
from djlift.base.device import CPU_INSTEAD, Device
from djlift.checkpoints.loading import quiet
from djlift.checkpoints.recipe import Recipe
from djlift.checkpoints.tokenizer.choice import as_written
from djlift.errors import DeviceError, require
from djlift.graph.runtime import session_on
from djlift.graph.storage import MODEL
from djlift.jvm.timing import Numbers
from djlift.tasks.frame.loading import loaded_reference
from djlift.tasks.frame.task import GeneralTask
from djlift.tasks.token_classification.plain_djl import Answer, Span
from djlift.tasks.token_classification.reference import entities, pipeline
from djlift.tasks.token_classification.task import TASK


class PipelineSide:
    """A pipeline that stays loaded; times are taken around its calls."""

    def __init__(self, pipe: Any, strategy: str, texts: Sequence[str]) -> None:
        self._pipe = pipe
        self._strategy = strategy
        self._texts = texts
        self._found: list[Any] = []

    def run(self, which: Numbers, batch: int) -> float:
        """Classify many texts; seconds."""
        texts = [self._texts[i] for i in which]
        with quiet():
            start = time.perf_counter()
            self._found = self._pipe(texts, batch_size=batch, aggregation_strategy=self._strategy)
            return time.perf_counter() - start

    def alone(self, which: Numbers) -> list[float]:
        """Classify texts one at a time; seconds of each."""
        return list(self._alone(which))

    def _alone(self, which: Numbers) -> Iterator[float]:
        with quiet():
            for i in which:
                start = time.perf_counter()
                self._pipe(self._texts[i], aggregation_strategy=self._strategy)
                yield time.perf_counter() - start

    def answers(self) -> list[Answer]:
        """What the last :meth:`run` found; spans in code points."""
        return [
            tuple(Span(e.label, e.start, e.end, e.score) for e in entities(one))
            for one in self._found
        ]

    def close(self) -> None:
        """Forget the model."""
        self._pipe = None


def torch(
    manifest: Manifest,
    reference: Recipe,
    device: Device,
    threads: int,
    strategy: str,
    texts: Sequence[str],
) -> PipelineSide:
    """The checkpoint that an archive was made of, in fp32 on PyTorch.

    Raises:
        DeviceError: PyTorch cannot use the GPU.
        MissingExtra: torch is not installed.
        SourceError: The checkpoint's weights are not the archive's.
    """
    require("torch", "export", "--against torch")
    import torch

    if device.cuda and not torch.cuda.is_available():
        raise DeviceError(
            f"PyTorch cannot use {device}",
            code="torch-device",
            expected="a torch that was built for CUDA",
            found=f"torch {torch.__version__}",
            mend=CPU_INSTEAD,
        )
    torch.set_num_threads(threads)
    loaded = loaded_reference(manifest, reference, TASK, fixed_sums=False)
    if device.cuda:
        loaded.model.to(str(device))
    with quiet():
        return PipelineSide(pipeline(loaded), strategy, texts)


def onnxruntime(
    folder: Path, device: Device, threads: int, strategy: str, texts: Sequence[str]
) -> PipelineSide:
    """An unpacked archive's own graph and tokenizer in Python's ONNX Runtime, under the same pipeline.

    Raises:
        DeviceError: ONNX Runtime put the session on another device.
        MissingExtra: onnxruntime, torch or transformers is not installed.
    """
    for module in ("onnxruntime", "torch", "transformers"):
        require(module, "export", "--against onnxruntime")
    import torch
    from transformers import AutoConfig, TokenClassificationPipeline

    session = session_on(device, folder / MODEL, threads=threads)
    # Beside the graph, torch only makes the batches and the scores.
    torch.set_num_threads(threads)

    class OnnxPipeline(TokenClassificationPipeline):  # type: ignore[misc]
        """The pipeline, which otherwise tells off every model that is none of transformers'."""

        def check_model_type(self, supported_models: Any) -> None:
            del supported_models

    with quiet():
        tokenizer = as_written(folder)
        # The class that the checkpoint had would know which of them its model takes.
        others = sorted({i.name for i in session.get_inputs()} - {"input_ids"})
        tokenizer.model_input_names = ["input_ids", *others]
        config = AutoConfig.from_pretrained(folder)
        pipe = OnnxPipeline(model=_model(session, config), tokenizer=tokenizer, device="cpu")
    return PipelineSide(pipe, strategy, texts)


def _model(session: Any, config: Any) -> Any:
    """What a pipeline takes for a model of transformers."""
    import torch

    class OnnxModel(torch.nn.Module):  # type: ignore[misc]
        """Runs a session where a model would compute."""

        device = torch.device("cpu")
        input_modalities = ("text",)

        def __init__(self) -> None:
            super().__init__()
            self.config = config

        def can_generate(self) -> bool:
            return False

        def forward(self, **values: Any) -> Any:
            fed = {i.name: values[i.name].numpy() for i in session.get_inputs()}
            (logits,) = session.run(None, fed)
            return {"logits": torch.from_numpy(logits)}

    return OnnxModel()


class ReferenceSide:
    """The reference in Python; times are taken around its calls."""

    def __init__(self, task: GeneralTask, loaded: Any, inputs: Sequence[Any], threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._task = task
        self._loaded = loaded
        self._inputs = inputs
        self._found: list[Any] = []

    def run(self, which: Numbers, batch: int) -> float:
        """Run many inputs; seconds."""
        chosen = [self._inputs[i] for i in which]
        with quiet():
            start = time.perf_counter()
            self._found = self._task.called(self._loaded, chosen, batch)
            return time.perf_counter() - start

    def alone(self, which: Numbers) -> list[float]:
        """Run inputs one at a time; seconds of each."""
        return list(self._alone(which))

    def _alone(self, which: Numbers) -> Iterator[float]:
        with quiet():
            for i in which:
                start = time.perf_counter()
                self._task.called(self._loaded, [self._inputs[i]], 1)
                yield time.perf_counter() - start

    def answers(self) -> list[Any]:
        """What the last :meth:`run` found."""
        return self._found

    def close(self) -> None:
        """Forget the model."""
        self._loaded = None
