"""A coverage-guided fuzz run on Python's reader: ``python -m tools.fuzzing.python_reader --minutes 10``.

By atheris, from :mod:`tools.fuzzing.seeds`. A finding is anything but the documented exceptions, more than five
seconds for one input, or a file outside of the folder that may be written; libFuzzer then stops with the input.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HANG = 5
"""Seconds that an input may take."""


def main(arguments: list[str] | None = None) -> int:
    """Run for some minutes and say what was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument(
        "--corpus", type=Path, help="where inputs are kept; a temporary folder if absent"
    )
    options.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    chosen, rest = options.parse_known_args(arguments)
    if chosen.worker:
        return _work(chosen.worker, rest)
    from tools.fuzzing import seeds

    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        room = Path(name)
        corpus = chosen.corpus or room / "corpus"
        count = seeds.write(room / "seeds")
        corpus.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tools.fuzzing.python_reader", "--worker", str(room)]
        command += [f"-max_total_time={int(60 * chosen.minutes)}", f"-timeout={HANG}"]
        command += ["-max_len=32768", "-rss_limit_mb=2048", "-print_final_stats=1"]
        command += [f"-artifact_prefix={corpus}/finding-", str(corpus), str(room / "seeds")]
        begun = time.monotonic()
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        spent = time.monotonic() - begun
        executed = re.search(r"number_of_executed_units:\s*(\d+)", run.stderr)
        covered = re.findall(r"cov: (\d+) ft: (\d+)", run.stderr)
        findings = sorted(corpus.glob("finding-*"))
        print(f"seeds {count}, executions {executed[1] if executed else '?'}, {spent:.0f} s")
        print(
            f"coverage {covered[-1] if covered else '?'}, inputs kept {len(list(corpus.iterdir()))}"
        )
        print(f"findings {len(findings)}")
        if run.returncode or findings:
            print(run.stderr[-4000:])
            print(*findings, sep="\n")
        return 1 if run.returncode or findings else 0


def _work(room: Path, rest: list[str]) -> int:
    import atheris

    # Before anything else imports it: what is imported already is not instrumented.
    with atheris.instrument_imports(include=["djlift"]):
        from djlift.archive import manifest
        from djlift.archive.container import opened
        from djlift.errors import ArchiveError
        from djlift.strict import contents
        from djlift.strict.onnx_wire import Refused
        from tools.fuzzing import seeds

    private, whole = room / "private", room / "whole"
    private.mkdir()
    tempfile.tempdir = str(private)
    seeds.lay_out(whole)
    valid = {name: (whole / name).read_bytes() for name in seeds.TARGETS[2:]}
    zipped = room / "input.zip"
    known = contents.Known(labels=5, vocabulary=103)
    # The corpus may lie in the room; what libFuzzer writes there is not the reader's.
    allowed = {"private", "whole", "seeds", "corpus", zipped.name}

    def one(data: bytes) -> None:
        target = seeds.TARGETS[data[0] % len(seeds.TARGETS)] if data else ""
        try:
            if target == "zip":
                zipped.write_bytes(data[1:])
                with opened(zipped):
                    pass
            elif target == manifest.FILE:
                manifest.Manifest.from_json(data[1:])
            elif target:
                (whole / target).write_bytes(data[1:])
                name = "golden/cases.jsonl" if target.startswith("golden") else target
                contents.CHECKS[name](whole / name, known)
        except (ArchiveError, Refused):
            pass
        finally:
            if target in valid:
                (whole / target).write_bytes(valid[target])
        if any(private.iterdir()) or {p.name for p in room.iterdir()} - allowed:
            raise AssertionError("a file was left behind")

    atheris.Setup([sys.argv[0], *rest], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
