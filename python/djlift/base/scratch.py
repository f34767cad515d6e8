"""What a run writes and must not leave behind: one temporary folder, and files that are not renamed yet.

Everything temporary lies in one folder, that of libraries, of Java and of child processes too. So it goes as a
whole, also when the process is ended inside a call that no ``finally`` gets out of.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_unfinished: set[Path] = set()
_root: Path | None = None


@contextlib.contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """A file or folder that goes when the process is ended before the block is; the block removes it else."""
    _unfinished.add(path)
    try:
        yield path
    finally:
        _unfinished.discard(path)


def new_file(parent: Path, prefix: str, suffix: str = "") -> Path:
    """Make an empty file of a name of its own, with the rights that the umask gives.

    What ``tempfile`` makes is its owner's alone, and stays so after a rename.
    """
    path = _fresh(parent, prefix, suffix)
    path.touch(exist_ok=False)
    return path


def new_folder(parent: Path, prefix: str) -> Path:
    """Make a folder of a name of its own, with the rights that the umask gives."""
    path = _fresh(parent, prefix, "")
    path.mkdir()
    return path


def _fresh(parent: Path, prefix: str, suffix: str) -> Path:
    return parent / f"{prefix}{secrets.token_hex(8)}{suffix}"


@contextlib.contextmanager
def folder() -> Iterator[None]:
    """Let all temporary files of this process be below one folder, which goes when the block ends."""
    global _root
    before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    try:
        made = Path(tempfile.mkdtemp(prefix="djlift-run-")) if _root is None else None
    except OSError:
        # Who needs one will say so.
        made = None
    if made is None:
        yield
        return
    _root, tempfile.tempdir, os.environ["TMPDIR"] = made, str(made), str(made)
    try:
        yield
    finally:
        _root, tempfile.tempdir = None, before
        if variable is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = variable
        shutil.rmtree(made, ignore_errors=True)


def around() -> Path:
    """The folder that temporary files are made in as the user set it, outside of the one of this run."""
    return Path(tempfile.gettempdir()) if _root is None else _root.parent


def java() -> tuple[str, ...]:
    """The options that let Java's temporary files be in this run's folder, where native code may lie there."""
    if _root is None or (hasattr(os, "ST_NOEXEC") and os.statvfs(_root).f_flag & os.ST_NOEXEC):
        return ()
    return (f"-Djava.io.tmpdir={_root}",)


def clear() -> None:
    """Remove all of it, for a process that ends at once."""
    for path in [*_unfinished, *([] if _root is None else [_root])]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
