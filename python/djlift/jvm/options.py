"""The options that the JVM is started with.

``$DJLIFT_JVM_OPTIONS`` holds more of them, split as a shell does: ``-Xmx4g``.
"""

from __future__ import annotations

import atexit
import contextlib
import locale as locale_
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from djlift.base import scratch
from djlift.errors import JvmError
from djlift.jars import resolve
from djlift.jars.java_home import Java

# Since Java 24 a library that loads native code without this flag is told off on stderr; Java 17 is
# the first release that knows the flag.
_NATIVE_ACCESS_FROM = 17
_PROBE_SECONDS = 30


def options(java: Java, wanted: Sequence[str]) -> tuple[str, ...]:
    """Every JVM option but the class path; later ones win over earlier ones."""
    try:
        from_environment = shlex.split(os.environ.get("DJLIFT_JVM_OPTIONS", ""))
    except ValueError as cause:
        raise JvmError(
            "DJLIFT_JVM_OPTIONS cannot be split into options",
            code="jvm-options",
            found=str(cause),
            mend="quote it as for a shell: DJLIFT_JVM_OPTIONS='-Xmx4g -Dname=\"a b\"'",
        ) from None
    theirs = (*wanted, *from_environment)
    ours = [
        "-Xrs",
        "-Xshare:auto",
        # The JVM's own warnings go to stdout by default, where the result goes.
        "-Xlog:disable",
        "-Xlog:all=warning:stderr",
        "-Dfile.encoding=UTF-8",
        "-Djava.awt.headless=true",
        "-Dai.djl.offline=true",
        "-DOPT_OUT_TRACKING=true",
        *_djl_cache(),
        *scratch.java(),
    ]
    # The heap holds a few strings and arrays, the model is outside of it: the collector with the shortest
    # start and the fewest threads. Two collectors are an error, so a user's choice takes its place.
    if not any(re.fullmatch(r"-XX:\+Use\w+GC", option) for option in theirs):
        ours.append("-XX:+UseSerialGC")
    if java.version >= _NATIVE_ACCESS_FROM:
        ours.append("--enable-native-access=ALL-UNNAMED")
    if from_environment:
        _probe(java, (*ours, *theirs))
    return (*ours, *theirs)


def _djl_cache() -> tuple[str, ...]:
    """Where DJL unpacks its tokenizer library: our cache, or a folder of this process's own.

    DJL's default is a folder in the home, which can be read-only.
    """
    if given := os.environ.get("DJL_CACHE_DIR"):
        theirs = Path(given).expanduser()
        try:
            theirs.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=theirs).close()
        except OSError as cause:
            raise JvmError(
                "the folder that DJL_CACHE_DIR names cannot be written",
                code="djl-cache-unwritable",
                file=theirs,
                expected="a folder for DJL's native libraries",
                found=cause.strerror or str(cause),
                mend="name another one, or unset DJL_CACHE_DIR",
            ) from cause
        # DJL reads the variable itself, and knows no ~.
        os.environ["DJL_CACHE_DIR"] = str(theirs)
        return ()
    folder = resolve.cache_directory() / "djl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="djlift-djl-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return (f"-DDJL_CACHE_DIR={folder}",)


def locale(tag: str | None) -> tuple[str, ...]:
    """The JVM's default locale from a tag such as ``tr-TR``."""
    if tag is None:
        return ()
    language, _, country = tag.replace("_", "-").partition("-")
    return (f"-Duser.language={language}", f"-Duser.country={country}")


def _probe(java: Java, options: Sequence[str]) -> None:
    """Try a user's options on a JVM of its own: some of them end the process that gives them."""
    if not java.program.is_file():
        return
    with contextlib.suppress(subprocess.TimeoutExpired):
        ran = subprocess.run(
            [java.program, *options, "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROBE_SECONDS,
            check=False,
        )
        if ran.returncode != 0:
            raise JvmError(
                "Java does not start with these options",
                code="jvm-options",
                expected=f"options of Java {java.version_text}",
                found=" / ".join((ran.stdout + ran.stderr).split("\n")[:3]).strip(" /"),
                mend="change DJLIFT_JVM_OPTIONS",
            )


@contextlib.contextmanager
def utf8_paths() -> Iterator[None]:
    """Let the JVM name files in UTF-8 as this Python does, whatever ``LC_ALL`` says.

    Under ``LC_ALL=C``, and where the locale that is named is not installed, Java knows ASCII only and cannot
    open any other path; no JVM option changes that, the locale at its start does.
    """
    before = os.environ.get("LC_ALL")
    known = before not in ("C", "POSIX") and _locale_is_installed()
    if not sys.platform.startswith("linux") or known:
        yield
        return
    os.environ["LC_ALL"] = "C.UTF-8"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before


def _locale_is_installed() -> bool:
    """Whether the C library knows the locale that the environment names."""
    before = locale_.setlocale(locale_.LC_CTYPE)
    try:
        locale_.setlocale(locale_.LC_CTYPE, "")
    except locale_.Error:
        return False
    finally:
        locale_.setlocale(locale_.LC_CTYPE, before)
    return True
