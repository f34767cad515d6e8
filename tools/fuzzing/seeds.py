"""What the fuzzers start from, and the forms of an input that both understand.

An input's first byte chooses what it is: a zip, or one file of an archive whose others are valid. A mutated zip
almost never gets past its hashes, so that the parsers behind them are met directly.
"""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.support.hostile.cases import CASES
from tests.support.hostile.raw_zip import raw_zip, sealed
from tests.support.hostile.whole_archive import archive, files

from djlift.archive.manifest import FILE

TARGETS = (
    "zip",
    FILE,
    "model.onnx",
    "serving.properties",
    "config.json",
    "tokenizer.json",
    "golden/cases.jsonl",
    "golden/logits.safetensors",
    "golden/padding.json",
)
SEED_LIMIT = 32 << 10


def inputs() -> Iterator[bytes]:
    """Small valid archives and the hostile cases: each as a zip, and each of its files by itself."""
    made = [raw_zip(sealed()), archive(), *(make() for make, _ in CASES.values())]
    for data in made:
        if len(data) <= SEED_LIMIT:
            yield bytes([0]) + data
        yield from _files(data)


def _files(data: bytes) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            for number, name in enumerate(TARGETS):
                if name in source.namelist() and source.getinfo(name).file_size <= SEED_LIMIT:
                    yield bytes([number]) + source.read(name)
    except (
        zipfile.BadZipFile,
        ValueError,
        NotImplementedError,
        OSError,
        RuntimeError,
        zlib.error,
        EOFError,
    ):
        return


def write(folder: Path) -> int:
    """Write the inputs as files of a folder; answers how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    distinct = sorted(set(inputs()))
    for number, data in enumerate(distinct):
        (folder / f"seed-{number:04}").write_bytes(data)
    return len(distinct)


def lay_out(folder: Path) -> None:
    """Write the valid files of an archive, without its manifest, into a folder."""
    for name, data in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def main(folder: Path) -> None:
    """Write what a fuzz run on the JVM needs: ``gradle :measure:fuzz -Proom=FOLDER``."""
    for name in ("corpus", "findings", "private"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    lay_out(folder / "whole")
    print(f"{write(folder / 'seeds')} seeds in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
