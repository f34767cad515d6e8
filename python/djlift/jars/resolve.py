"""The jars of the JVM side: where they are, and that they are the right ones.

Which jars a DJL release needs is in its lock (:mod:`djlift.jars.lock`). Each is looked for, in this order, in

1. the folder ``$DJLIFT_JARS``, flat, as ``djlift doctor --fetch DIR`` lays it out;
2. the cache: ``$DJLIFT_CACHE``, else the user's cache folder for djlift;
3. the local Maven repository (``$M2_REPO``, else ``~/.m2/repository``), read only;
4. a remote Maven repository, by coordinates: ``$DJLIFT_MAVEN_MIRROR`` or the one jgo knows.

Every jar's size and SHA-256 are checked before each use. A file that was hashed before and whose
path, size, inode and times (``mtime_ns`` and ``ctime_ns``) are those that a stamp in the cache
recorded is not read again; ``ctime_ns`` is there because a program can set the other one back.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.base import files, scratch, targets
from djlift.base.progress import Advance
from djlift.base.targets import Target
from djlift.errors import JvmError
from djlift.jars import maven
from djlift.jars.lock import Jar, Lock
from djlift.jars.maven import OFFLINE_MEND

BRIDGE_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Mismatch:
    """How a file differs from what the lock says of it."""

    file: Path
    expected: str
    found: str


def cache_directory() -> Path:
    """djlift's cache folder; it may not exist yet."""
    named = os.environ.get("DJLIFT_CACHE", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("djlift", appauthor=False)


def resolve(
    target: Target = targets.DEFAULT,
    *,
    gpu: bool = False,
    offline: bool = False,
    progress: Advance | None = None,
) -> tuple[Path, ...]:
    """Find every jar of a target's lock, downloading what is nowhere on this machine.

    Args:
        target: The DJL release.
        gpu: With ``onnxruntime_gpu`` in place of ``onnxruntime``.
        offline: Do not download.
        progress: Told how far a download is.

    Returns:
        Paths in the order of the lock, each checked.

    Raises:
        JvmError: A jar is nowhere to be had, or a file that the user gave is not what the lock says.
    """
    found = []
    for jar in Lock.read(target).on(gpu=gpu):
        path, discarded = _on_this_machine(jar)
        if path is None:
            path = _downloaded(jar, discarded, offline=offline, progress=progress)
        found.append(path)
    return tuple(found)


def places(jar: Jar) -> tuple[tuple[str, Path], ...]:
    """Where a jar is looked for on this machine, in order, with the place's name.

    Raises:
        JvmError: ``$DJLIFT_JARS`` names no folder.
    """
    given = _given_folder()
    return (
        *([] if given is None else [("DJLIFT_JARS", given / jar.file)]),
        ("cache", cached_path(jar)),
        ("Maven repository", maven.local_repository() / jar.maven_path),
    )


def _on_this_machine(jar: Jar) -> tuple[Path | None, Mismatch | None]:
    """The jar's checked path, else the wrong file that was deleted from the cache.

    A wrong file in the cache is deleted, one in the Maven repository is passed over: both can be
    had again. One in ``$DJLIFT_JARS`` was put there by the user, who has to know.
    """
    discarded: Mismatch | None = None
    for place, file in places(jar):
        if not file.exists():
            continue
        wrong = mismatch(jar, file)
        if wrong is None:
            return file, None
        if place == "DJLIFT_JARS":
            raise _refused(wrong, place, "fetch that folder again: " + OFFLINE_MEND)
        if place == "cache":
            discarded = wrong
            with contextlib.suppress(OSError):
                file.unlink()
    return None, discarded


def cached_path(jar: Jar) -> Path:
    """Where the cache keeps a jar; another build of the same name has another folder."""
    return cache_directory() / "jars" / jar.sha256[:16] / jar.file


def mismatch(jar: Jar, file: Path) -> Mismatch | None:
    """How ``file`` differs from the lock in size or SHA-256; None when it is right."""
    try:
        size = file.stat().st_size
        if size != jar.size:
            return Mismatch(file, f"{jar.size} bytes", f"{size} bytes")
        if _stamped(jar, file):
            return None
        sha256 = files.sha256(file)
    except OSError as cause:
        return Mismatch(file, "a readable file", cause.strerror or str(cause))
    if sha256 != jar.sha256:
        return Mismatch(file, f"SHA-256 {jar.sha256}", f"SHA-256 {sha256}")
    _write_stamp(jar, file)
    return None


def bridge_jar() -> Path:
    """The bridge: djlift's own Java classes, built into the wheel.

    ``$DJLIFT_BRIDGE_JAR`` names another one.

    Raises:
        JvmError: It is not there, or more than one is.
    """
    named = os.environ.get("DJLIFT_BRIDGE_JAR", "").strip()
    if named:
        given = Path(named).expanduser()
        if not given.is_file():
            raise JvmError(
                "the bridge jar that was given does not exist",
                code="jar-missing",
                file=named,
                expected="a file: DJLIFT_BRIDGE_JAR names it",
                mend="make bridge (in a source tree), or unset DJLIFT_BRIDGE_JAR",
            )
        return given.absolute()
    return _own("djlift-core", "bridge")


def tooling_jar() -> Path:
    """What drives the bridge from here, built into the wheel: proofs, timings and plain DJL's side of them.

    Raises:
        JvmError: It is not there, or more than one is.
    """
    return _own("djlift-tooling", "tooling")


def stage_jar() -> Path:
    """The stage for Spark, built into the wheel.

    Raises:
        JvmError: It is not there, or more than one is.
    """
    return _own("djlift-spark", "stage for Spark")


def _own(artifact: str, what: str) -> Path:
    """A jar that the wheel carries."""
    found = sorted(
        file
        for file in BRIDGE_FOLDER.glob(f"{artifact}-*.jar")
        if not file.stem.endswith(("-sources", "-javadoc"))
    )
    if len(found) == 1:
        return found[0]
    raise JvmError(
        f"the {what} jar is missing" if not found else f"there is more than one {what} jar",
        code="jar-missing",
        file=BRIDGE_FOLDER,
        expected=f"one {artifact}-*.jar",
        found=", ".join(file.name for file in found) or "none",
        mend="make bridge (in a source tree), or install the wheel once more",
    )


def _given_folder() -> Path | None:
    named = os.environ.get("DJLIFT_JARS", "").strip()
    if not named:
        return None
    folder = Path(named).expanduser().absolute()
    if not folder.is_dir():
        raise JvmError(
            "the folder of jars that was given does not exist",
            code="jars-folder-missing",
            file=folder,
            expected="a folder: DJLIFT_JARS names it",
            mend=OFFLINE_MEND,
        )
    return folder


def _downloaded(
    jar: Jar, discarded: Mismatch | None, *, offline: bool, progress: Advance | None
) -> Path:
    target = cached_path(jar)
    if offline:
        if discarded is not None:
            raise _refused(discarded, "cache; deleted", OFFLINE_MEND)
        raise JvmError(
            f"{jar.coordinates} is not on this machine",
            code="jar-not-here",
            file=target,
            expected=jar.file,
            found="nothing, and downloading is not allowed here",
            mend=OFFLINE_MEND,
        )
    wrong: Mismatch | None = None
    # A second try mends a transfer that broke; a second wrong file means something else is wrong.
    for _ in range(2):
        with _fetched(jar, target.parent, progress) as partial:
            wrong = mismatch(jar, partial)
            if wrong is None:
                return _placed(jar, partial, target)
    assert wrong is not None
    raise _refused(
        Mismatch(target, wrong.expected, wrong.found),
        f"the download of {jar.coordinates}",
        "check DJLIFT_MAVEN_MIRROR and any proxy in between; or " + OFFLINE_MEND,
    )


@contextlib.contextmanager
def _fetched(jar: Jar, folder: Path, progress: Advance | None) -> Iterator[Path]:
    """A downloaded file of a private name beside its target, deleted unless it was moved."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".download-", dir=folder))
    except OSError as cause:
        raise JvmError(
            "the jar cache cannot be written",
            code="jar-cache-unwritable",
            file=folder,
            found=cause.strerror or str(cause),
            mend="DJLIFT_CACHE=DIR names another folder, one that can be written; or "
            + OFFLINE_MEND,
        ) from cause
    try:
        with scratch.unfinished(partial):
            yield maven.download(jar.coordinates, partial, progress)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _placed(jar: Jar, partial: Path, target: Path) -> Path:
    try:
        partial.replace(target)
    except OSError:
        # Windows does not replace a jar that another process has open: that process put it there.
        if mismatch(jar, target) is not None:
            raise
    return target


def _refused(wrong: Mismatch, where: str, mend: str) -> JvmError:
    return JvmError(
        f"a jar is not what the lock says ({where})",
        code="jar-altered",
        file=wrong.file,
        expected=wrong.expected,
        found=wrong.found,
        mend=mend,
    )


def _stamp_file(file: Path) -> Path:
    key = hashlib.sha256(str(file.absolute()).encode("utf-8", "surrogateescape")).hexdigest()
    return cache_directory() / "stamps" / f"{key[:32]}.json"


def _stamp(jar: Jar, file: Path) -> dict[str, Any]:
    seen = file.stat()
    return {
        "sha256": jar.sha256,
        "size": seen.st_size,
        "inode": seen.st_ino,
        "mtime_ns": seen.st_mtime_ns,
        "ctime_ns": seen.st_ctime_ns,
    }


def _stamped(jar: Jar, file: Path) -> bool:
    try:
        return bool(json.loads(_stamp_file(file).read_bytes()) == _stamp(jar, file))
    except (OSError, ValueError):
        return False


def _write_stamp(jar: Jar, file: Path) -> None:
    """Remember that a file was hashed; a cache that cannot be written costs time, nothing else."""
    stamp = _stamp_file(file)
    with contextlib.suppress(OSError):
        stamp.parent.mkdir(parents=True, exist_ok=True)
        partial = scratch.new_file(stamp.parent, f".{stamp.name}.")
        try:
            partial.write_text(json.dumps(_stamp(jar, file)), encoding="utf-8")
            partial.replace(stamp)
        finally:
            partial.unlink(missing_ok=True)
