"""How fast two archives of one model are on this machine's CPU, in turns, through the JVM.

``python -m tests.parity.half_speed FP32.zip FP16.zip`` prints seconds for each and their ratio: the built-in
corpus in batches, and one short text at a time. It is a measurement, not a test.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from djlift import corpus, jvm

_SHORT = "Angela Merkel left Berlin for Paris."


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.half_speed", description=__doc__)
    parser.add_argument("archives", type=Path, nargs=2, metavar="ARCHIVE")
    parser.add_argument("--rounds", type=int, default=5, help="each archive, in turns")
    parser.add_argument("--single", type=int, default=50, help="short texts of a round")
    parser.add_argument("--texts", type=int, help="only so many of the corpus, spread over it")
    options = parser.parse_args(arguments)
    texts = [text.text for text in corpus.builtin()]
    if options.texts:
        texts = texts[:: max(1, len(texts) // options.texts)]
    runtime = jvm.start(None)
    with runtime.load(options.archives[0]) as first, runtime.load(options.archives[1]) as second:
        batch: tuple[list[float], list[float]] = ([], [])
        single: tuple[list[float], list[float]] = ([], [])
        for number in range(options.rounds + 1):
            for at, classifier in enumerate((first, second)):
                begun = time.perf_counter()
                classifier.classify(texts, "simple")
                between = time.perf_counter()
                for _ in range(options.single):
                    classifier.classify([_SHORT], "simple")
                ended = time.perf_counter()
                if number:
                    # The first round warms up.
                    batch[at].append(between - begun)
                    single[at].append((ended - between) / options.single)
    for what, found in ((f"{len(texts)} texts in batches", batch), ("one short text", single)):
        one, two = (statistics.median(seconds) for seconds in found)
        print(f"{what}: {one:.4f} s and {two:.4f} s, ratio {two / one:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
