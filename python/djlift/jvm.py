"""The JVM in this process: the only room that imports JPype.

One JVM per process, started once and never stopped before the process ends: neither Java nor JPype can
start a second one. What it runs is the bridge (``org.djlift``), the classes that pipelines use.

>>> with jvm.start().load(Path("model.zip")) as classifier:  # doctest: +SKIP
...     lines = classifier.classify(["Angela Merkel was in Paris."], "simple")

Signals stay Python's (``-Xrs``): Ctrl-C raises KeyboardInterrupt as soon as the call into Java
returns, and SIGTERM ends the process. Without that flag either the JVM ends the process on Ctrl-C before
any ``finally`` runs, or (JPype's ``interrupt=False``) SIGTERM crashes inside the interpreter.

The options it starts with are in :mod:`djlift.jvm_options`, what becomes of Java's exceptions in
:mod:`djlift.jvm_errors`.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift import jars, jre, jvm_errors, jvm_options
from djlift.errors import JvmError, UsageError
from djlift.jre import Java
from djlift.progress import Advance
from djlift.trace import Window, windows

__all__ = ["Classifier", "Jvm", "Window", "java_string", "java_strings", "python_strings", "start"]


@dataclass(frozen=True)
class Jvm:
    """The running JVM: proof that one was started, and how.

    Attributes:
        class_path: Extra jars, the bridge, then DJL's jars.
        options: Every option it was started with but the class path.
        process: The id of the process that it lives in; a forked child has none.
    """

    java: Java
    class_path: tuple[Path, ...]
    options: tuple[str, ...]
    process: int

    def load(
        self,
        archive: Path,
        *,
        threads: int | None = None,
        optimization: str | None = None,
        device: str = "cpu",
    ) -> Classifier:
        """Load an archive, a zip or an unpacked folder.

        Args:
            threads: Threads within an operator of ONNX Runtime; None lets it choose.
            optimization: ONNX Runtime's level as DJL names it: ``NO_OPT``, ``BASIC_OPT``,
                ``EXTENDED_OPT``, ``ALL_OPT``.
            device: As DJL names it: ``cpu``, ``gpu0``.

        Raises:
            ArchiveError: The archive is not what its manifest says, or is none.
            JvmError: DJL or ONNX Runtime cannot load it.
            UsageError: There is no such device.
        """
        # DJL takes any other name for the CPU's.
        if re.fullmatch(r"cpu|gpu\d*", device) is None:
            raise UsageError(
                "the device is not known", expected="cpu, gpu, gpu0, gpu1, ...", found=device
            )
        with _speaking("the archive cannot be loaded", archive):
            path = _class("java.nio.file.Path").of(java_string(str(archive.absolute())))
            builder = _class("org.djlift.TokenClassifier").builder(path).device(device)
            if threads is not None:
                builder = builder.intraOpThreads(threads)
            if optimization is not None:
                builder = builder.optimizationLevel(optimization)
            return Classifier(builder.build(), archive)

    def stock(self, folder: Path, strategy: str, texts: Sequence[str]) -> list[str]:
        """What plain DJL's own translator gives from an unpacked archive: a JSON line per text."""
        with _speaking("plain DJL cannot run the archive", folder):
            path = _class("java.nio.file.Path").of(java_string(str(folder.absolute())))
            door = _class("org.djlift.internal.StockDoor")
            return python_strings(door.classifyJson(path, strategy, java_strings(texts)))

    def versions(self) -> dict[str, str]:
        """What runs: ``java``, ``djl``, ``onnxruntime`` and what else the bridge names."""
        with _speaking("the JVM does not say its versions"):
            listed = _harness().versions().entrySet()
            return {str(entry.getKey()): str(entry.getValue()) for entry in listed}


class Classifier:
    """A loaded archive on the JVM; close it, or use it in a ``with`` block.

    Every method raises :class:`JvmError` when Java does, and after :meth:`close`.
    """

    def __init__(self, java: Any, archive: Path) -> None:
        self._java = java
        self._archive = archive

    def __enter__(self) -> Classifier:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's labels by index."""
        with self._calling():
            return tuple(str(label) for label in self._java.labels())

    @property
    def max_length(self) -> int:
        """Tokens of the longest window, special tokens included."""
        with self._calling():
            return int(self._java.maxLength())

    def classify(self, texts: Sequence[str], strategy: str, stride: int | None = None) -> list[str]:
        """Find entities: a JSON line per text, in order, as ``djlift predict`` prints it.

        Args:
            strategy: ``none``, ``simple``, ``first``, ``average`` or ``max``.
            stride: Overlap in tokens of the windows over a long text; None cuts at the model's
                limit.
        """
        with self._calling():
            found = _harness().classifyJson(
                self._java, java_strings(texts), strategy, _stride(stride)
            )
            return python_strings(found)

    def decode(
        self,
        texts: Sequence[str],
        logits: Sequence[Sequence[NDArray[np.float32]]],
        strategy: str,
        stride: int | None = None,
    ) -> list[str]:
        """Decode logits that were computed elsewhere; the model does not run.

        Args:
            logits: float32, shape (tokens, labels), for each window of each text.

        Returns:
            JSON lines as :meth:`classify` gives them.
        """
        flat = [np.ravel(window) for of_text in logits for window in of_text]
        joined = np.concatenate(flat) if flat else np.empty(0)
        with self._calling():
            found = _harness().decodeJson(
                self._java,
                java_strings(texts),
                strategy,
                _stride(stride),
                np.ascontiguousarray(joined, dtype=np.float32),
            )
            return python_strings(found)

    def trace(
        self, texts: Sequence[str], stride: int | None, batch_size: int, pad_to: int
    ) -> list[list[Window]]:
        """Run texts exactly in the order given and tell everything about each window.

        Args:
            stride: As in :meth:`classify`.
            batch_size: Windows per run of the model.
            pad_to: Tokens that every run is padded to at least, clamped to :attr:`max_length`.

        Returns:
            The windows of each text: one without stride, at least one with it.
        """
        with self._calling():
            traces = self._java.trace(
                _class("java.util.Arrays").asList(java_strings(texts)),
                _stride(stride),
                batch_size,
                pad_to,
            )
            flat = _harness().flatten(traces)
            return windows(flat, len(self._java.labels()))

    def encode(self, texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Tokenize texts into one padded batch, as it is fed to the model.

        Returns:
            int64 arrays of shape (texts, tokens), by the graph's own input names.
        """
        with self._calling():
            batch = self._java.encode(_class("java.util.Arrays").asList(java_strings(texts)))
            rows = {
                "input_ids": batch.inputIds(),
                "attention_mask": batch.attentionMask(),
                "token_type_ids": batch.typeIds(),
            }
            shape = (len(texts), -1 if texts else 0)
            return {
                name: np.array(rows[name], dtype=np.int64).reshape(shape)
                for name in (str(n) for n in batch.names())
            }

    def close(self) -> None:
        """Free the model; a second call does nothing."""
        with self._calling():
            self._java.close()

    def _calling(self) -> contextlib.AbstractContextManager[None]:
        return _speaking("the JVM could not finish", self._archive)


_starting = threading.Lock()
_running: Jvm | None = None


def prepare(
    java_home: Path | None = None, progress: Advance | None = None
) -> tuple[Java, tuple[Path, ...]]:
    """Find all that :func:`start` needs, without starting: a Java, the bridge, DJL's jars.

    A running JVM makes importing torch slower, so a build only prepares it before it loads a model.

    Raises:
        JvmError: No usable Java, or a jar is missing or wrong.
    """
    return jre.find(java_home), (jars.bridge_jar(), *jars.resolve(progress=progress))


def start(
    java_home: Path | None = None,
    *,
    extra_jars: Sequence[Path] = (),
    options: Sequence[str] = (),
    locale: str | None = None,
    progress: Advance | None = None,
) -> Jvm:
    """Start the JVM, or give the one that runs.

    Args:
        java_home: Which Java; None searches (:mod:`djlift.jre`).
        extra_jars: Put before all others, so that an ``onnxruntime_gpu`` jar takes the place of the
            CPU one.
        options: More JVM options.
        locale: The JVM's default locale, ``tr-TR``; None takes the machine's.
        progress: Told how far the download of a missing jar is.

    Raises:
        JvmError: No usable Java, a jar is missing or wrong, the JVM refuses to start, or one runs
            already and is not as asked for.
    """
    global _running  # noqa: PLW0603 - a process has one JVM
    with _starting:
        extras = tuple(jar.absolute() for jar in extra_jars)
        wanted = (*jvm_options.locale(locale), *options)
        if _running is not None:
            _refuse_other(_running, java_home, extras, wanted)
            return _running
        for jar in extras:
            if not jar.is_file():
                raise JvmError("an extra jar does not exist", file=jar)
        java, found = prepare(java_home, progress)
        class_path = (*extras, *found)
        arguments = jvm_options.options(java, wanted)
        _launch(java, class_path, arguments)
        _running = Jvm(java, class_path, arguments, os.getpid())
        return _running


def _refuse_other(
    running: Jvm, java_home: Path | None, extras: Sequence[Path], options: Sequence[str]
) -> None:
    """A process has one JVM: say so when it is asked for another."""
    home = running.java.home if java_home is None else jre.find(java_home).home
    absent = [str(jar) for jar in extras if jar not in running.class_path]
    unset = [option for option in options if option not in running.options]
    differs = [
        (expected, found)
        for wrong, expected, found in (
            (not home.samefile(running.java.home), f"Java in {home}", f"{running.java.home}"),
            (absent, f"the jars {', '.join(absent)}", "not on its class path"),
            (unset, f"the options {' '.join(unset)}", "not among its own"),
            (os.getpid() != running.process, "one of this process", "the parent's (fork)"),
        )
        if wrong
    ]
    if differs:
        raise JvmError(
            "the JVM of this process was started otherwise, and a process has only one",
            expected="; ".join(expected for expected, _ in differs),
            found="; ".join(found for _, found in differs),
            mend="use another process (multiprocessing: start method 'spawn')",
        )


def _launch(java: Java, class_path: Sequence[Path], options: Sequence[str]) -> None:
    import jpype

    if jpype.isJVMStarted():
        raise JvmError(
            "something else in this process has started a JVM through JPype already",
            expected="no JVM, or one that djlift started",
            mend="start djlift's first (djlift.jvm.start()), or use another process",
        )
    try:
        # With -Xrs ``interrupt`` changes nothing; said so that no default decides.
        with jvm_options.utf8_paths():
            jpype.startJVM(
                *options,
                jvmpath=java.libjvm,
                classpath=class_path,
                convertStrings=False,
                interrupt=False,
            )
    except Exception as cause:
        raise JvmError(
            "the JVM does not start",
            file=java.libjvm,
            expected=f"Java {jre.MINIMUM} or newer, built for this processor",
            found=" ".join(str(cause).split()),
            mend="djlift doctor; another Java by --java-home, or pip install 'djlift[jre]'",
        ) from cause


def java_strings(texts: Sequence[str]) -> Any:
    """A Java ``String[]`` of the same UTF-16 units as ``texts``, lone surrogates included."""
    import jpype

    return jpype.JArray(jpype.JString)([java_string(text) for text in texts])


def java_string(text: str) -> Any:
    """A Java ``String`` of the same UTF-16 units: JPype refuses lone surrogates, ``char[]`` does not."""
    import jpype

    try:
        return jpype.JString(text)
    except UnicodeEncodeError:
        units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
        return _class("java.lang.String")(jpype.JArray(jpype.JChar)(units))


def python_strings(array: Any) -> list[str]:
    """The strings of a Java ``String[]``, lone surrogates included."""
    return [_python_string(string) for string in array]


def _python_string(string: Any) -> str:
    # JPype refuses a lone surrogate and makes U+10000 of a pair in the wrong order: what may hold surrogates
    # goes through its UTF-16 units.
    with contextlib.suppress(UnicodeDecodeError):
        text = str(string)
        if text.isascii() or max(text) <= "\uffff":
            return text
    units: NDArray[np.uint16] = np.array(string.toCharArray())
    return units.astype("<u2").tobytes().decode("utf-16-le", "surrogatepass")


def _stride(stride: int | None) -> int:
    """The bridge says -1 for "no windows"; 0 is windows without overlap."""
    return -1 if stride is None else stride


def _class(name: str) -> Any:
    import jpype

    return jpype.JClass(name)


def _harness() -> Any:
    return _class("org.djlift.internal.Harness")


@contextlib.contextmanager
def _speaking(what: str, file: Path | None = None) -> Iterator[None]:
    """Turn what Java throws into djlift's errors."""
    import jpype

    try:
        yield
    except jpype.JException as thrown:
        raise jvm_errors.translated(what, file, thrown) from None
