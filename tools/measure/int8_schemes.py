"""How to write int8 weights on this machine: agreement, logits and speed of each scheme, as a table.

``python -m tools.measure.int8_schemes ARCHIVE`` takes an fp32 archive and runs its recorded texts in Python's
ONNX Runtime, one thread.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from djlift.archive import container
from djlift.archive.golden import Golden
from djlift.base import cpu_class
from djlift.graph.evaluation import Trial
from djlift.graph.runtime import fitting, session
from djlift.precision import int8

_TEXTS = 200
_TIMED = 24
_ROUNDS = 5


def seconds(file: Path, trial: Trial) -> float:
    """CPU seconds of one run over the texts: the smallest of several, so that a busy machine counts little."""
    running = session(file, threads=1)
    found = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for batch in trial.batches:
            running.run(None, fitting(running, batch))
        found.append(time.process_time() - begun)
    return min(found)


def main(arguments: list[str]) -> int:
    """Print the table."""
    with container.opened(Path(arguments[0])) as found, tempfile.TemporaryDirectory() as name:
        golden = Golden.read(found.folder)
        exact = found.folder / "model.onnx"
        model = int8.prepared(exact)
        trial, timed = (Trial.of(golden, 0, most=most) for most in (_TEXTS, _TIMED))
        base = seconds(exact, timed)
        print(f"CPU class {cpu_class.here()}, {sum(map(len, trial.windows))} texts\n")
        print("| scheme | of fp32's bytes | same labels | largest difference | rms | speed |")
        print("|---|---|---|---|---|---|")
        for scheme in int8.SCHEMES:
            file = Path(name) / f"{scheme.name}.onnx"
            int8.quantized(model, scheme, (), file)
            verdict = trial.judge(file)
            ratio = file.stat().st_size / exact.stat().st_size
            print(
                f"| {scheme.name} | {ratio:.3f} | {verdict.agreement:.2%} | {verdict.largest:.2f}"
                f" | {verdict.rms:.3f} | {base / seconds(file, timed):.2f}x |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
