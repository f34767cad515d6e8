"""``djlift predict``: texts in, answers out, through the JVM that pipelines use."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from djlift import devices, jvm, targets, tasks
from djlift.archive import read_manifest
from djlift.errors import TextsError, UsageError
from djlift.parameters import checked
from djlift.recipe import STRATEGIES
from djlift.task import GeneralTask

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
    where = devices.named(device)
    manifest = read_manifest(archive)
    task = tasks.of_archive(manifest.task, archive)
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
        _check(strategy, stride)
    target = targets.of_archive(manifest.target, archive)
    devices.require(where, target)
    machine = jvm.start(java_home, target=target, gpu=where.cuda)
    devices.confirm(machine, archive, where)
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


def _check(strategy: str, stride: int | None) -> None:
    if strategy not in STRATEGIES:
        raise UsageError(
            f"the aggregation strategy '{strategy}' is not known",
            code="unknown-strategy",
            expected=", ".join(STRATEGIES),
            found=strategy,
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
    task = tasks.of_archive(manifest.task, archive)
    if isinstance(task, GeneralTask):
        # What the archive has a default for need not stand on a line.
        preset = manifest.model.get("parameters") or {}
        keys = [key for key in task.keys if preset.get(key) is None]
        return inputs_of(lines, name, keys)
    return texts_of(lines, name)


def inputs_of(lines: Iterable[bytes], name: str, keys: Sequence[str]) -> Iterator[str]:
    """A JSON object per line; or, for a task that needs no more than a text, a text per line.

    The first line decides which of the two it is.

    Raises:
        TextsError: A line is not UTF-8, or lacks a field.
    """
    bare = list(keys) == ["text"]
    for number, text, as_json in _told(lines, name):
        if bare and not as_json:
            yield json.dumps({"text": text}, ensure_ascii=False)
            continue
        found = _object(text, keys)
        if found is None:
            raise TextsError(
                "a line is not an input of this task",
                code="texts-line",
                file=f"{name}, line {number}",
                expected="{" + ", ".join(f'"{key}": ...' for key in keys) + "}",
                found=text[:80],
            )
        yield json.dumps(found, ensure_ascii=False)


def _object(line: str, keys: Sequence[str]) -> dict[str, Any] | None:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or any(key not in data for key in keys):
        return None
    if any("\ud800" <= c <= "\udfff" for c in json.dumps(data, ensure_ascii=False)):
        return None
    return data


def _decoded(line: bytes, name: str, number: int) -> str:
    try:
        text = line.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as cause:
        raise TextsError(
            "the texts are not UTF-8",
            code="texts-not-utf8",
            file=f"{name}, line {number}",
            found=str(cause),
        ) from cause
    return text.removeprefix("\ufeff") if number == 1 else text


def _told(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, str, bool]]:
    """The lines with their numbers, and whether they are JSON lines.

    The first line that is not blank decides: what begins as a JSON object makes every line one.

    Raises:
        TextsError: A line is not UTF-8, or the file is a JSON array or a table.
    """
    blank: list[tuple[int, str]] = []
    as_json: bool | None = None
    for number, line in enumerate(lines, 1):
        text = _decoded(line, name, number)
        if as_json is None and not text.strip():
            blank.append((number, text))
            continue
        if as_json is None:
            _refuse_table(text, name, number)
            as_json = re.match(r'\s*\{\s*("|\}\s*$)', text) is not None
            yield from ((n, before, as_json) for n, before in blank)
        yield number, text, as_json
    if as_json is None:
        yield from ((n, before, False) for n, before in blank)


def _refuse_table(line: str, name: str, number: int) -> None:
    """Refuse a JSON array of inputs and a table: their lines would be read as texts."""
    table = name.lower().endswith((".csv", ".tsv"))
    header = [field.strip('"').lower() for field in re.split("[,;\t]", line)]
    named = len(header) > 1 and "text" in header and all(re.fullmatch(r"\w+", f) for f in header)
    array = re.match(r'\s*\[\s*(\{\s*"|"|$)', line)
    if table or named or array:
        raise TextsError(
            "a JSON array is no file of texts" if array else "a table is no file of texts",
            code="texts-table",
            file=f"{name}, line {number}",
            expected='a text a line, or {"text": "..."} a line',
            found=line[:80],
            mend="write it as JSON lines: pandas.read_csv(FILE).to_json('texts.jsonl', orient='records',"
            " lines=True)",
        )


def texts_of(lines: Iterable[bytes], name: str) -> Iterator[str]:
    """A text per line; lines that are all JSON objects with ``text`` are read as such.

    The first line that is not blank decides: see :func:`_told`.

    Raises:
        TextsError: A line is not UTF-8, or not what the first line promised.
    """
    for number, text, as_json in _told(lines, name):
        if not as_json:
            yield text
            continue
        found = _json_text(text)
        if found is None:
            raise TextsError(
                "a line is not a JSON object with a text",
                code="texts-line",
                file=f"{name}, line {number}",
                expected='{"text": "..."}',
                found=text[:80],
            )
        yield found


def _json_text(line: str) -> str | None:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(text, str) or any("\ud800" <= c <= "\udfff" for c in text):
        return None
    return text
