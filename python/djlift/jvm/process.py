"""The JVM in this process; with ``jvm_*.py`` beside it the only room that imports JPype.

One JVM per process, started once and never stopped before the process ends: neither Java nor JPype can
start a second one. What it runs is the bridge (``org.djlift``), the classes that pipelines use.

>>> with jvm.start().load(Path("model.zip")) as classifier:  # doctest: +SKIP
...     lines = classifier.classify(["Angela Merkel was in Paris."], "simple")

Signals stay Python's (``-Xrs``): Ctrl-C raises KeyboardInterrupt as soon as the call into Java
returns, and SIGTERM ends the process. Without that flag either the JVM ends the process on Ctrl-C before
any ``finally`` runs, or (JPype's ``interrupt=False``) SIGTERM crashes inside the interpreter.

Its class path is that of one DJL release (:mod:`djlift.base.targets`): archives for another one need another
process.

The options it starts with are in :mod:`djlift.jvm.options`, a loaded archive in :mod:`djlift.jvm.model`,
how strings cross in :mod:`djlift.jvm.strings`, what becomes of Java's exceptions in
:mod:`djlift.jvm.exceptions`, who handles SIGSEGV in :mod:`djlift.jvm.signals`.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.archive.signing import Trust
from djlift.base import targets
from djlift.base.progress import Advance
from djlift.base.targets import Target
from djlift.errors import JvmError, install, not_listed
from djlift.jars import java_home as jars_java_home
from djlift.jars import resolve
from djlift.jars.java_home import Java
from djlift.jvm import calibration as jvm_calibration
from djlift.jvm import names, signals
from djlift.jvm import options as jvm_options
from djlift.jvm.bridge import harness, java_class, speaking
from djlift.jvm.model import Classifier, Model
from djlift.jvm.strings import java_path, java_string, java_strings, python_strings
from djlift.jvm.windows import Window

__all__ = ["Classifier", "Jvm", "Window", "java_string", "java_strings", "python_strings", "start"]


@dataclass(frozen=True)
class Jvm:
    """The running JVM: proof that one was started, and how.

    Attributes:
        class_path: Extra jars, the bridge, then DJL's jars.
        options: Every option it was started with but the class path.
        process: The id of the process that it lives in; a forked child has none.
        target: The DJL release whose jars it runs.
        gpu: Whether ``onnxruntime_gpu`` takes the place of ``onnxruntime``.
    """

    java: Java
    class_path: tuple[Path, ...]
    options: tuple[str, ...]
    process: int
    target: Target
    gpu: bool = False

    def load(
        self,
        archive: Path,
        *,
        threads: int | None = None,
        optimization: str | None = None,
        device: str = "cpu",
        profile: Path | None = None,
        trust: Trust | None = None,
        calibration: Path | None = None,
    ) -> Classifier:
        """Load an archive of token classification, a zip or an unpacked folder.

        Args:
            threads: Threads within an operator of ONNX Runtime; None lets it choose.
            optimization: ONNX Runtime's level as DJL names it: ``NO_OPT``, ``BASIC_OPT``,
                ``EXTENDED_OPT``, ``ALL_OPT``.
            device: As DJL names it: ``cpu``, ``gpu0``.
            profile: Start of the path of a file that ONNX Runtime writes when the classifier is closed.
            trust: What the archive must be signed with; Java checks it, too.
            calibration: A file of ``djlift calibrate``; the threads that it names win over ``threads``.

        Raises:
            ArchiveError: The archive is not what its manifest says, or is none.
            JvmError: DJL or ONNX Runtime cannot load it, or the calibration is none.
            SignatureError: It is not signed by the trusted key as it stands.
            UsageError: There is no such device.
        """
        with speaking("the archive cannot be loaded", archive):
            builder = _builder("org.djlift.TokenClassifier", archive, device, optimization, trust)
            _set(builder, threads, calibration, profile)
            return Classifier(builder.build(), archive)

    def load_model(
        self,
        archive: Path,
        java: str,
        *,
        optimization: str | None = None,
        device: str = "cpu",
        profile: Path | None = None,
        trust: Trust | None = None,
        calibration: Path | None = None,
        threads: int | None = None,
    ) -> Model:
        """Load an archive of a general task; arguments and errors are those of :meth:`load`.

        Args:
            java: The public class of the task, :attr:`djlift.tasks.frame.task.Task.java`.
        """
        with speaking("the archive cannot be loaded", archive):
            builder = _builder(java, archive, device, optimization, trust)
            _set(builder, threads, calibration, profile)
            return Model(builder.build(), archive)

    def stock(self, folder: Path, strategy: str, texts: Sequence[str]) -> list[str]:
        """What plain DJL's own translator gives from an unpacked archive: a JSON line per text."""
        with speaking("plain DJL cannot run the archive", folder):
            door = java_class(names.PLAIN_DJL)
            return python_strings(
                door.classifyJson(java_path(folder), strategy, java_strings(texts))
            )

    def stock_task(
        self,
        folder: Path,
        task: str,
        arguments: Mapping[str, str],
        inputs: Sequence[Mapping[str, Any]],
    ) -> list[str]:
        """What plain DJL's own translator of a general task gives: a JSON line per input.

        Args:
            folder: An unpacked archive.
            arguments: Of the translator factory, beside those of serving.properties.
        """
        with speaking("plain DJL cannot run the archive", folder):
            door = java_class(names.PLAIN_DJL_TASKS)
            lines = java_strings([json.dumps(one, ensure_ascii=False) for one in inputs])
            given = java_string(json.dumps(dict(arguments)))
            return python_strings(door.run(java_path(folder), task, given, lines))

    def versions(self) -> dict[str, str]:
        """What runs: ``java``, ``djl``, ``onnxruntime``, ``tokenizers`` and what else the bridge names."""
        with speaking("the JVM does not say its versions"):
            listed = harness().versions().entrySet()
            versions = {str(entry.getKey()): str(entry.getValue()) for entry in listed}
        # The jar's own word for its crate is wrong; a class path of the user's may hold another DJL.
        known = targets.of_djl(versions["djl"])
        return versions | ({"tokenizers": known.tokenizers} if known else {})


def _builder(
    java: str, archive: Path, device: str, optimization: str | None, trust: Trust | None
) -> Any:
    """The Java builder of an archive's model."""
    # DJL takes any other name for the CPU's.
    if re.fullmatch(r"cpu|gpu\d*", device) is None:
        raise not_listed(
            "the device is not known",
            "unknown-device",
            device,
            ("cpu", "gpu0"),
            expected="cpu, gpu, gpu0, gpu1, ...",
        )
    builder = java_class(java).builder(java_path(archive)).device(device)
    if optimization is not None:
        builder = builder.optimizationLevel(optimization)
    if trust is not None:
        builder = builder.trustKey(java_path(trust.key)).signature(java_path(trust.of(archive)))
    return builder


def _set(builder: Any, threads: int | None, calibration: Path | None, profile: Path | None) -> None:
    """What is left to the builder where it is None."""
    found = None if calibration is None else jvm_calibration.java(calibration)
    if found is not None:
        builder.calibration(found)
    # What is set on a builder wins over a calibration.
    if threads is not None and not (found is not None and found.intraOpThreads()):
        builder.intraOpThreads(threads)
    if profile is not None:
        builder.profile(java_path(profile))


_starting = threading.Lock()
_running: Jvm | None = None


def prepare(
    java_home: Path | None = None,
    progress: Advance | None = None,
    *,
    target: Target = targets.DEFAULT,
) -> tuple[Java, tuple[Path, ...]]:
    """Find all that :func:`start` needs, without starting: a Java, the bridge, DJL's jars.

    A running JVM makes importing torch slower, so a build only prepares it before it loads a model.

    Raises:
        JvmError: No usable Java, a jar is missing or wrong, or this process's JVM runs another release.
    """
    if _running is not None and _running.target != target:
        raise _other([_release(_running, target, gpu=False)])
    return jars_java_home.find(java_home), _class_path(target, gpu=False, progress=progress)


def _class_path(target: Target, *, gpu: bool, progress: Advance | None) -> tuple[Path, ...]:
    own = (resolve.bridge_jar(), resolve.tooling_jar())
    return (*own, *resolve.resolve(target, gpu=gpu, progress=progress))


def start(
    java_home: Path | None = None,
    *,
    target: Target | None = None,
    gpu: bool = False,
    extra_jars: Sequence[Path] = (),
    options: Sequence[str] = (),
    locale: str | None = None,
    progress: Advance | None = None,
) -> Jvm:
    """Start the JVM, or give the one that runs.

    Args:
        java_home: Which Java; None searches (:mod:`djlift.jars.java_home`).
        target: The DJL release; None takes the one that runs, else the default.
        gpu: With ``onnxruntime_gpu`` in place of ``onnxruntime``.
        extra_jars: Put before all others.
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
            _refuse_other(_running, java_home, target, gpu, extras, wanted)
            return _running
        for jar in extras:
            if not jar.is_file():
                raise JvmError("an extra jar does not exist", code="jar-missing", file=jar)
        chosen = target or targets.DEFAULT
        java = jars_java_home.find(java_home)
        class_path = (*extras, *_class_path(chosen, gpu=gpu, progress=progress))
        arguments = jvm_options.options(java, wanted)
        _launch(java, class_path, arguments)
        # Runs before JPype ends the JVM, whose shutdown hooks (ONNX Runtime's, DJL's) need the signal too.
        atexit.register(signals.disable_faulthandler)
        _running = Jvm(java, class_path, arguments, os.getpid(), chosen, gpu)
        return _running


def _refuse_other(
    running: Jvm,
    java_home: Path | None,
    target: Target | None,
    gpu: bool,
    extras: Sequence[Path],
    options: Sequence[str],
) -> None:
    """A process has one JVM: say so when it is asked for another."""
    home = running.java.home if java_home is None else jars_java_home.find(java_home).home
    absent = [str(jar) for jar in extras if jar not in running.class_path]
    unset = [option for option in options if option not in running.options]
    # Who names no release takes the one that runs.
    same = (running.target, running.gpu) == (
        target or running.target,
        gpu if target else gpu or running.gpu,
    )
    differs = [
        (expected, found)
        for wrong, (expected, found) in (
            (not home.samefile(running.java.home), (f"Java in {home}", f"{running.java.home}")),
            (not same, _release(running, target or running.target, gpu=gpu)),
            (absent, (f"the jars {', '.join(absent)}", "not on its class path")),
            (unset, (f"the options {' '.join(unset)}", "not among its own")),
            (os.getpid() != running.process, ("one of this process", "the parent's (fork)")),
        )
        if wrong
    ]
    if differs:
        raise _other(differs)


def _release(running: Jvm, target: Target, *, gpu: bool) -> tuple[str, str]:
    """The release that was asked for and the one that runs, each in words."""

    def said(which: Target, on_gpu: bool) -> str:
        return f"the jars of DJL {which.djl}{' for a GPU' if on_gpu else ''}"

    return said(target, gpu), said(running.target, running.gpu)


def _other(differs: Sequence[tuple[str, str]]) -> JvmError:
    return JvmError(
        "the JVM of this process was started otherwise, and a process has only one",
        code="jvm-running-otherwise",
        expected="; ".join(expected for expected, _ in differs),
        found="; ".join(found for _, found in differs),
        mend="use another process (multiprocessing: start method 'spawn')",
    )


def _launch(java: Java, class_path: Sequence[Path], options: Sequence[str]) -> None:
    import jpype

    if jpype.isJVMStarted():
        raise JvmError(
            "something else in this process has started a JVM through JPype already",
            code="jvm-of-another-program",
            expected="no JVM, or one that djlift started",
            mend="start djlift's first (djlift.jvm.process.start()), or use another process",
        )
    signals.disable_faulthandler()
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
            code="jvm-does-not-start",
            file=java.libjvm,
            expected=f"Java {jars_java_home.MINIMUM} or newer, built for this processor",
            found=" ".join(str(cause).split()),
            mend=f"djlift doctor; another Java by --java-home, or {install('jre')}",
        ) from cause
