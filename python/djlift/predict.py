"""``djlift predict``: texts in, answers out, through the JVM that pipelines use."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from djlift.archive.container import read_manifest
from djlift.base import targets
from djlift.base.device import named
from djlift.errors import UsageError
from djlift.jvm import gpu, process
from djlift.tasks import registry
from djlift.tasks.frame.parameters import checked
from djlift.tasks.frame.sample_input import sample_input
from djlift.tasks.frame.task import GeneralTask
from djlift.tasks.token_classification.strategies import STRATEGIES, require_strategy
from djlift.texts import files
from djlift.texts.files import Fields

_CHUNK = 512


def predict(
    archive: Path,
    texts: Iterable[str],
    *,
    aggregation_strategy: str | None = None,
    stride: int | None = None,
    parameters: Mapping[str, Any] | None = None,
    java_home: Path | None = None,
    device: str = "cpu",
    calibration: Path | None = None,
) -> Iterator[str]:
    """Run inputs, lazily and in order.

    Args:
        texts: Texts; of a general task its inputs, a JSON object each (see :func:`inputs_of`).
        aggregation_strategy: None takes the archive's own default.
        stride: Overlap in tokens of the windows over long texts; None cuts at the model's limit.
        parameters: What is set for this call, of a general task; the rest is the archive's defaults.
        device: ``cpu`` or ``cuda:N``.
        calibration: A file of ``djlift calibrate``.

    Yields:
        A JSON line per input. Of token classification: ``{"entities": [{"label", "score", "word", "start",
        "end", "utf16_start", "utf16_end"}]}``. ``start`` and ``end`` count code points, as in Hugging Face; the
        utf16 pair is what the JVM uses. Of another task: its output, as ``docs/tasks.md`` has it.

    Raises:
        UsageError: An option is of another task than the archive's, or cannot have its value.
    """
    where = named(device)
    manifest = read_manifest(archive)
    task = registry.of_archive(manifest.task, archive)
    general = isinstance(task, GeneralTask)
    given = {"--aggregation-strategy": aggregation_strategy, "--stride": stride}
    for option, value in given.items():
        if general and value is not None:
            raise UsageError(
                f"{option} is for token classification",
                code="option-for-another-task",
                found=task.name,
                mend=f"leave {option} out",
            )
    if isinstance(task, GeneralTask):
        checked(parameters or {}, task.parameters, task.name)
    elif parameters:
        raise UsageError(
            "--parameter is for other tasks than token classification",
            code="option-for-another-task",
            expected="--aggregation-strategy or --stride",
            found=", ".join(parameters),
        )
    strategy = aggregation_strategy or str(manifest.model.get("aggregation_strategy", "simple"))
    if not general:
        _check(strategy, stride, manifest.model.get("max_length"))
    target = targets.of_archive(manifest.target, archive)
    gpu.require(where, target)
    machine = process.start(java_home, target=target, gpu=where.cuda)
    if where.cuda:
        gpu.confirm(machine, archive, where, task.java, sample_input(task, archive))
    remaining = iter(texts)
    if general:
        with machine.load_model(
            archive, task.java, device=where.djl, calibration=calibration
        ) as model:
            while chunk := list(itertools.islice(remaining, _CHUNK)):
                yield from model.run_lines(chunk, parameters or {})
        return
    with machine.load(archive, device=where.djl, calibration=calibration) as classifier:
        while chunk := list(itertools.islice(remaining, _CHUNK)):
            yield from classifier.classify(chunk, strategy, stride)


def _check(strategy: str, stride: int | None, longest: Any) -> None:
    require_strategy(strategy)
    if stride is not None and isinstance(longest, int) and stride >= longest:
        raise UsageError(
            "--stride must be smaller than a window of the model",
            code="stride-too-large",
            expected=f"less than {longest} without the special tokens, such as {longest // 4}",
            found=str(stride),
        )
    if stride is not None and strategy == "none":
        raise UsageError(
            "--stride needs an aggregation strategy other than 'none', as in transformers",
            code="stride-without-strategy",
            expected=", ".join(s for s in STRATEGIES if s != "none"),
            found="none",
        )


def read_inputs(archive: Path, lines: Iterable[bytes], name: str) -> Iterator[str]:
    """The inputs of an archive's task from the lines of a file: texts, or a JSON object each.

    Raises:
        ArchiveError: The archive cannot be read.
        TextsError: A line cannot be used; raised as it is reached.
    """
    manifest = read_manifest(archive)
    task = registry.of_archive(manifest.task, archive)
    if not isinstance(task, GeneralTask):
        return texts_of(lines, name)
    # What the archive has a default for need not stand on a line.
    preset = manifest.model.get("parameters") or {}
    needed = tuple(key for key in task.keys if preset.get(key) is None)
    return inputs_of(lines, name, Fields(needed, (*task.keys, *task.more)))


def inputs_of(lines: Iterable[bytes], name: str, fields: Fields) -> Iterator[str]:
    """The inputs of a general task, as JSON; see :func:`djlift.texts.files.read`.

    Raises:
        TextsError: A line cannot be used.
    """
    for line in files.read(lines, name, fields):
        given = {"text": line.text} if line.given is None else line.given
        yield json.dumps(given, ensure_ascii=False)


def texts_of(lines: Iterable[bytes], name: str) -> Iterator[str]:
    """The texts for token classification; see :func:`djlift.texts.files.read`.

    Raises:
        TextsError: A line cannot be used.
    """
    for line in files.read(lines, name):
        yield line.text if line.given is None else line.given["text"]
