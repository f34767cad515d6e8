"""Writes docs/hostile.md: ``python -m tools.docs.hostile --out docs/hostile.md``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.hostile.cases import KINDS_OF_CASES, said_by_java, said_by_python

from djlift.jvm import process

OPENING = """# Hostile archives

What each reader says of {count} archives that mean harm or are broken. Each is sealed as well as an attacker
can seal it: the manifest lists what is there, with the right hashes, unless that is what the case is about.
The codes are explained in [archive.md](archive.md#what-readers-refuse).

Written by `python -m tools.docs.hostile --out docs/hostile.md`; the cases are in `tests/support/hostile`.
Beyond them, coverage-guided fuzz runs search each reader for crashes, hangs and files left behind:
`python -m tools.fuzzing.python_reader --minutes 10` by atheris; by Jazzer `python -m tools.fuzzing.seeds DIR`,
then `jvm-bridge/gradle :measure:fuzz -Pminutes=10 -Proom=DIR`.
"""


def rows() -> tuple[str, int]:
    """The tables of all kinds, and how many answers are not the expected one."""
    import jpype

    process.start()
    reader = jpype.JClass("org.djlift.Archive")
    parts, wrong = [], 0
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "hostile.zip"
        for kind, cases in KINDS_OF_CASES.items():
            lines = [f"## {kind}", "", "| case | Python | JVM |", "|---|---|---|"]
            for case, (make, expected) in cases.items():
                path.write_bytes(make())
                python, java = said_by_python(path), said_by_java(reader, path)
                wrong += not python == java == expected
                lines.append(f"| {case} | {python or 'accepted'} | {java or 'accepted'} |")
            parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n", wrong


def main() -> int:
    """Write the page; 1 if an answer is not the expected one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, required=True)
    out = options.parse_args().out
    tables, wrong = rows()
    count = sum(map(len, KINDS_OF_CASES.values()))
    out.write_text(OPENING.format(count=count) + "\n" + tables, encoding="utf-8")
    print(f"{count} cases, {wrong} with another answer than expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
