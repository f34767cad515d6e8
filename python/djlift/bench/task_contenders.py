"""The sides of ``djlift bench`` for general tasks: JSON in and out, compared by the task's own rule."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from djlift.base.display import shorten
from djlift.bench.answers import Difference, score_tolerance
from djlift.bench.contenders import ONNXRUNTIME, STOCK, Entrant, Setting, needs_reference
from djlift.bench.python_contenders import ReferenceSide
from djlift.bench.result import DJLIFT
from djlift.errors import DeviceError, UsageError, require
from djlift.graph import storage
from djlift.graph.runtime import session_on
from djlift.jvm import names, process
from djlift.jvm.bridge import java_class, speaking
from djlift.jvm.model import Model
from djlift.jvm.strings import java_path, java_string, java_strings
from djlift.jvm.timing import DjliftSide, JavaSide
from djlift.tasks import registry
from djlift.tasks.frame.loading import loaded_reference
from djlift.tasks.frame.task import GeneralTask, Variant
from djlift.tasks.frame.tolerance import Tolerance

_SHOWN = 160


class TaskSide(DjliftSide):
    """djlift's own side; the model stays its owner's."""

    def __init__(self, model: Model, inputs: Sequence[str]) -> None:
        what = "djlift cannot run the inputs"
        with speaking(what):
            runs = java_class(names.BENCH).of(model.java, java_strings(inputs), java_string("{}"))
            JavaSide.__init__(self, runs, what)
        self._classifier = model.java


@dataclass(frozen=True)
class TaskSetting(Setting):
    """What all sides have in common; ``texts`` are inputs, a JSON object each."""

    @property
    def task(self) -> GeneralTask:
        """The archive's."""
        task = registry.of_archive(self.manifest.task, self.archive)
        assert isinstance(task, GeneralTask)
        return task

    def djlift(self, classifier: Any) -> tuple[Entrant, DjliftSide]:
        """djlift's own side, and what only it tells."""
        side = TaskSide(classifier, self.texts)
        return Entrant(DJLIFT, side, lambda: self.found(side), _same), side

    def found(self, side: DjliftSide) -> list[Any]:
        """What djlift found in the last run."""
        return [json.loads(line) for line in side.answers()]

    def load(self, machine: process.Jvm) -> AbstractContextManager[Any]:
        """djlift's model."""
        return machine.load_model(
            self.archive,
            self.task.java,
            device=self.device.djl,
            threads=self.threads,
            calibration=self.calibration,
        )

    def stock(self) -> Entrant:
        """Plain DJL; the JVM runs already.

        Raises:
            JvmError: It cannot load the archive.
            UsageError: It has no translator for this task, or none that can be set to the archive's parameters.
        """
        arguments = self.task.stock(Variant(), self.manifest.model)
        if arguments is None:
            raise UsageError(
                "plain DJL cannot be set to what this archive does",
                code="plain-djl-settings",
                file=self.archive,
                found=self.task.name,
                mend="leave --against stock out",
            )
        with speaking("plain DJL cannot load the archive", self.folder):
            java = java_class(names.PLAIN_DJL_TASKS).bench(
                java_path(self.folder),
                self.task.name,
                java_string(json.dumps(dict(arguments))),
                self.device.djl,
                self.threads,
                java_strings(self.texts),
            )
        side = JavaSide(java, "plain DJL cannot run the inputs")
        return Entrant(
            STOCK,
            side,
            lambda: [json.loads(line) for line in side.answers()],
            _same,
            self.batches,
        )

    def in_python(self, name: str) -> Entrant:
        """The reference, on PyTorch or with the archive's graph in Python's ONNX Runtime.

        Raises:
            DeviceError: It cannot use the GPU.
            MissingExtra: A package is not installed.
            SourceError: The reference is not the checkpoint that the archive was made of.
            UsageError: No reference was named.
        """
        if self.reference is None:
            raise needs_reference(name)
        require("torch", "export", f"--against {name}")
        if self.device.cuda:
            raise DeviceError(
                f"--against {name} runs this task on the CPU",
                code="contender-device",
                expected="cpu",
                found=str(self.device),
            )
        loaded = loaded_reference(self.manifest, self.reference, self.task, fixed_sums=False)
        batches = self.batches
        if name == ONNXRUNTIME:
            graph = session_on(self.device, self.folder / storage.MODEL, threads=self.threads)
            loaded = replace(loaded, session=graph)
            # The reference's own steps around the graph take an input at a time.
            batches = (1,)
        given = [json.loads(text) for text in self.texts]
        side = ReferenceSide(self.task, loaded, given, self.threads)
        return Entrant(name, side, side.answers, _same, batches)

    def differing(self, side: str, expected: Sequence[Any], found: Sequence[Any]) -> list[int]:
        """Numbers of the inputs on which two sides differ; of plain DJL in what its translators say at all."""
        if side == STOCK:
            expected = [self.task.stock_view(one) for one in expected]
        within = score_tolerance(side, self.manifest.precision)
        tolerance = Tolerance(within, None, within, exact=self.manifest.precision == "fp32")
        shared = min(len(expected), len(found))
        lost = range(shared, max(len(expected), len(found)))
        return [
            i
            for i in range(shared)
            if not isinstance(found[i], dict)
            or "error" in found[i]
            or self.task.difference(expected[i], found[i], tolerance) is not None
        ] + list(lost)

    def difference(self, number: int, expected: Sequence[Any], found: Sequence[Any]) -> Difference:
        """One of these inputs, so that a person sees it."""
        return Difference(
            number,
            shorten(self.texts[number]) if number < len(self.texts) else "",
            _line(expected, number),
            _line(found, number),
        )


def _same(found: Any) -> Any:
    return found


def _line(side: Sequence[Any], number: int) -> str:
    if number >= len(side):
        return "no answer"
    return shorten(json.dumps(side[number], ensure_ascii=False), _SHOWN)
