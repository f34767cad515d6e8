"""Maven repositories, through jgo: the only room that downloads a jar.

jgo knows the address of the public repository; ``$DJLIFT_MAVEN_MIRROR`` replaces it by another one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from djlift.base.progress import Advance
from djlift.errors import JvmError

OFFLINE_MEND = (
    "djlift doctor --fetch DIR on a machine with network, copy DIR here, then DJLIFT_JARS=DIR"
)
_TIMEOUT_SECONDS = 30


def local_repository() -> Path:
    """The user's local Maven repository, ``$M2_REPO`` or ``~/.m2/repository``; it may not exist."""
    named = os.environ.get("M2_REPO", "").strip()
    return Path(named).expanduser() if named else Path.home() / ".m2" / "repository"


def download(coordinates: str, into: Path, progress: Advance | None = None) -> Path:
    """Download one artifact, without what it depends on, into a repository folder.

    Args:
        coordinates: ``group:artifact:version``.
        into: An empty folder, laid out afterwards as a Maven repository.

    Raises:
        JvmError: No network, or no repository has it.
    """
    try:
        context = _context(into, progress)
        return Path(context.create_dependency(coordinates).artifact.resolve())
    except (OSError, RuntimeError) as cause:
        # requests' errors are OSErrors; jgo says RuntimeError when every repository answered no. Neither
        # message is repeated: a mirror's address can carry a password.
        raise JvmError(
            f"{coordinates} cannot be downloaded",
            code="jar-download",
            expected="a Maven repository that has it",
            found=_reason(cause),
            mend=OFFLINE_MEND,
        ) from None


def class_path(roots: Sequence[str], scratch: Path) -> tuple[str, ...]:
    """The coordinates of ``roots`` and of everything that they need at run time, as Maven resolves it."""
    context = _context(scratch, None)
    inputs, others = context.resolver.resolve([context.create_dependency(r) for r in roots])
    return tuple(
        f"{d.groupId}:{d.artifactId}:{d.version}"
        for d in [*inputs, *others]
        if d.scope in (None, "compile", "runtime")
    )


def _context(repository: Path, progress: Advance | None) -> Any:
    from jgo.maven import MavenContext, PythonResolver

    @contextlib.contextmanager
    def transfer(file: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress(file, done, total)

        yield advance

    mirror = os.environ.get("DJLIFT_MAVEN_MIRROR", "").strip().rstrip("/")
    return MavenContext(
        resolver=PythonResolver(progress_callback=transfer),
        repo_cache=repository,
        remote_repos={"mirror": mirror} if mirror else None,
        timeout=_TIMEOUT_SECONDS,
    )


def _reason(cause: BaseException) -> str:
    """The innermost cause: ``Connection refused`` rather than the four layers around it."""
    if type(cause) is RuntimeError:
        return "the repository does not have it"
    innermost: BaseException = cause
    while (deeper := innermost.__cause__ or innermost.__context__) is not None:
        innermost = deeper
    text = innermost.strerror if isinstance(innermost, OSError) else None
    return text or type(cause).__name__
