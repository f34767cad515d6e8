"""How fast two archives of one model are on this machine's CPU, in turns, through the JVM.

``python -m tools.measure.archive_speed FP32.zip FP16.zip`` prints seconds for each and their ratio: the
built-in corpus in batches (or the texts of ``--file``), and one short text at a time. The same archive twice
and a ``--calibration``, which is the second's, measures what that gains. It is a measurement, not a test.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from djlift.base import affinity
from djlift.jvm import process
from djlift.jvm.model import Classifier
from djlift.texts import corpus

_SHORT = "Angela Merkel left Berlin for Paris."
_TURN = 250
"""Texts that one runs before the other has its turn: what else the machine does meets both."""

Seconds = tuple[list[float], list[float]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.measure.archive_speed", description=__doc__
    )
    parser.add_argument("archives", type=Path, nargs=2, metavar="ARCHIVE")
    parser.add_argument("--rounds", type=int, default=5, help="each archive, in turns")
    parser.add_argument("--single", type=int, default=50, help="short texts of a round")
    parser.add_argument("--texts", type=int, help="only so many of them, spread over all")
    parser.add_argument("--file", type=Path, help="a text a line, or JSON lines with 'text'")
    parser.add_argument("--threads", type=int, help="CPUs, and threads of each; default: all")
    parser.add_argument("--calibration", type=Path, help="for the second archive")
    options = parser.parse_args(arguments)
    given = corpus.read_texts(options.file) if options.file else corpus.builtin()
    texts = [text.text for text in given]
    if options.texts:
        texts = texts[:: max(1, len(texts) // options.texts)]
    count = options.threads or len(affinity.available())
    with affinity.pinned(count):
        runtime = process.start(None)
        load = runtime.load
        with (
            load(options.archives[0], threads=options.threads) as first,
            load(
                options.archives[1], threads=options.threads, calibration=options.calibration
            ) as second,
        ):
            both = (first, second)
            batch, single = measured(both, texts, options.rounds, options.single)
    for what, found in ((f"{len(texts)} texts in batches", batch), ("one short text", single)):
        if found[0]:
            print(f"{what}: {said(found)}")
    return 0


def measured(
    both: tuple[Classifier, Classifier], texts: Sequence[str], rounds: int, singles: int
) -> tuple[Seconds, Seconds]:
    """Seconds of each round: all texts on the one and the other, and a short text alone."""
    batch: Seconds = ([], [])
    single: Seconds = ([], [])
    for number in range(rounds + 1):
        took = [0.0, 0.0]
        for first in range(0, len(texts), _TURN):
            for at, classifier in enumerate(both):
                begun = time.perf_counter()
                classifier.classify(texts[first : first + _TURN], "simple")
                took[at] += time.perf_counter() - begun
        for at, classifier in enumerate(both):
            begun = time.perf_counter()
            for _ in range(singles):
                classifier.classify([_SHORT], "simple")
            ended = time.perf_counter()
            if number:
                # The first round warms up.
                batch[at].append(took[at])
                if singles:
                    single[at].append((ended - begun) / singles)
    return batch, single


def said(found: Seconds) -> str:
    """Medians of both, and of the rounds' ratios with both ends."""
    one, two = (statistics.median(seconds) for seconds in found)
    ratios = [b / a for a, b in zip(*found, strict=True)]
    return (
        f"{one:.4f} s and {two:.4f} s, ratio {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    sys.exit(main())
