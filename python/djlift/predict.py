"""``djlift predict``: texts in, entities out, through the JVM that pipelines use."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from djlift import devices, jvm, targets
from djlift.archive import read_manifest
from djlift.errors import TextsError, UsageError
from djlift.recipe import STRATEGIES

_CHUNK = 512


def predict(
    archive: Path,
    texts: Iterable[str],
    *,
    aggregation_strategy: str | None = None,
    stride: int | None = None,
    java_home: Path | None = None,
    device: str = "cpu",
    calibration: Path | None = None,
) -> Iterator[str]:
    """Classify texts, lazily and in order.

    Args:
        aggregation_strategy: None takes the archive's own default.
        stride: Overlap in tokens of the windows over long texts; None cuts at the model's limit.
        device: ``cpu`` or ``cuda:N``.
        calibration: A file of ``djlift calibrate``.

    Yields:
        A JSON line per text: ``{"entities": [{"label", "score", "word", "start", "end",
        "utf16_start", "utf16_end"}]}``. ``start`` and ``end`` count code points, as in Hugging
        Face; the utf16 pair is what the JVM uses.
    """
    where = devices.named(device)
    manifest = read_manifest(archive)
    strategy = aggregation_strategy or str(manifest.model.get("aggregation_strategy", "simple"))
    if strategy not in STRATEGIES:
        raise UsageError(
            f"the aggregation strategy '{strategy}' is not known",
            expected=", ".join(STRATEGIES),
            found=strategy,
        )
    if stride is not None and strategy == "none":
        raise UsageError(
            "--stride needs an aggregation strategy other than 'none', as in transformers",
            expected=", ".join(s for s in STRATEGIES if s != "none"),
            found="none",
        )
    target = targets.of_archive(manifest.target, archive)
    devices.require(where, target)
    machine = jvm.start(java_home, target=target, gpu=where.cuda)
    devices.confirm(machine, archive, where)
    with machine.load(archive, device=where.djl, calibration=calibration) as classifier:
        remaining = iter(texts)
        while chunk := list(itertools.islice(remaining, _CHUNK)):
            yield from classifier.classify(chunk, strategy, stride)


def texts_of(lines: Iterable[bytes], name: str) -> Iterator[str]:
    """A text per line; lines that are all JSON objects with ``text`` are read as such.

    The first line decides which of the two it is: a JSON object with ``text`` makes it JSON lines.

    Raises:
        TextsError: A line is not UTF-8, or not what the first line promised.
    """
    as_json = False
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as cause:
            raise TextsError(
                "the texts are not UTF-8", file=f"{name}, line {number}", found=str(cause)
            ) from cause
        if number == 1:
            text = text.removeprefix("\ufeff")
            as_json = _json_text(text) is not None
        if not as_json:
            yield text
            continue
        found = _json_text(text)
        if found is None:
            raise TextsError(
                "a line is not a JSON object with a text",
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
