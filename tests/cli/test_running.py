"""How every command behaves around its work: stdout, exit codes, errors that nobody expected, signals."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from djlift.base import streams

PLANTED = """
import os, sys, time
from pathlib import Path
from djlift import inspection
from djlift.base import files, streams
from djlift.cli import main, terminal
sys.argv = ["djlift", *sys.argv[1:]]
def planted(*a, **k):
    {}
inspection.inspect = planted
main.main()
"""


def planted(
    fault: str, *more: str, cwd: Path, stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``djlift inspect model.zip`` with a body of our own in place of its work."""
    return subprocess.run(
        [sys.executable, "-c", PLANTED.format(fault), "inspect", "model.zip", *more],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("{}['absent']", "KeyError: 'absent'"),
        ("raise EOFError('Ran out of input')", "EOFError"),
        ("sys.exit(1)", "SystemExit"),
        ("raise type('PanicException', (BaseException,), {})('index out of range')", "PanicExc"),
        ("raise BrokenPipeError(32, 'of a child')", "BrokenPipeError"),
    ],
)
def test_what_nobody_expected_is_an_internal_error(tmp_path: Path, fault: str, words: str) -> None:
    """Exit 2, one error with what was done to which file, and the same as JSON: 1 is for parity alone."""
    run = planted(fault, "--json", cwd=tmp_path)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert run.stderr.startswith("error: internal error: djlift inspect")
    data = json.loads(run.stdout)
    assert (data["code"], data["file"]) == ("internal-error", "model.zip")
    assert words in data["found"]


@pytest.mark.parametrize(("more", "variable"), [(["--debug"], ""), ([], "1")])
def test_debug_shows_the_traceback(tmp_path: Path, more: list[str], variable: str) -> None:
    """By the option, and by the variable."""
    run = planted("{}['absent']", *more, cwd=tmp_path, DJLIFT_DEBUG=variable)
    assert run.returncode == 2
    assert "in planted" in run.stderr and "internal error" in run.stderr


def test_the_stage_is_named(tmp_path: Path) -> None:
    """What the progress told last is what was being done."""
    fault = "with terminal.progress() as advance: advance('proving fp32', 1, 3); {}[0]"
    assert "djlift inspect, proving fp32" in planted(fault, cwd=tmp_path).stderr


def test_a_full_disk_is_the_machines_fault(tmp_path: Path) -> None:
    """It says what the system said."""
    run = planted("raise OSError(28, 'No space left on device', 'x')", "--json", cwd=tmp_path)
    assert (run.returncode, json.loads(run.stdout)["code"]) == (2, "system-refused")


def test_libraries_do_not_reach_stdout(tmp_path: Path) -> None:
    """Neither by print nor by the file descriptor, as native code and Java do."""
    held = "import ctypes; ctypes.CDLL(None).puts(b'held back')"
    fault = f"print('stray'); os.write(1, b'native'); {held}; terminal.print_json({{}}); {{}}[0]"
    run = planted(fault, cwd=tmp_path)
    assert run.stdout == "{}\n"
    for word in ("stray", "native", "held back"):
        assert word in run.stderr


def test_a_step_can_be_kept_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """The exporter prints a graph that it refuses: Python, C++ and what C still holds back."""
    with streams.silent_stdout():
        print("stray")
        os.write(1, b"native")
        ctypes.CDLL(None).puts(b"held back")
    print("after")
    assert capfd.readouterr().out == "after\n"


def test_a_step_without_any_stdout(tmp_path: Path) -> None:
    """A process that was started with it closed has none to move."""
    fault = "os.close(1)\n    with streams.silent_stdout(): print(1)\n    import typer; raise typer.Exit(3)"
    run = planted(fault, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (3, "")


def test_the_exit_code_survives_a_reader_that_went_away(tmp_path: Path) -> None:
    """``djlift … | head``: no traceback, and the verdict's code stays."""
    reading, writing = os.pipe()
    os.close(reading)
    fault = "terminal.print_json(['x' * 100000]); import typer; raise typer.Exit(1)"
    run = planted(fault, cwd=tmp_path, stdout=writing)
    os.close(writing)
    assert (run.returncode, run.stderr) == (1, "")


def test_a_result_that_stdout_cannot_take_is_no_success(tmp_path: Path) -> None:
    """A full disk behind stdout."""
    with Path("/dev/full").open("w") as full:
        run = planted(
            "terminal.print_json([]); import typer; raise typer.Exit(0)",
            cwd=tmp_path,
            stdout=full.fileno(),
        )
    assert run.returncode == 2
    assert "system-refused" in run.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["inspect"], ["inspect", "--nonsense"]])
def test_usage_errors_have_a_code(tmp_path: Path, arguments: list[str]) -> None:
    """Click's own, in words and as JSON."""
    run = subprocess.run(
        [sys.executable, "-m", "djlift.cli.main", *arguments, "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 2
    assert json.loads(run.stdout)["code"] == "usage"
    assert "code:     usage" in run.stderr


WAITING = """with files.beside(Path('out')), terminal.progress() as advance:
        advance('working', 1, 2)
        import tempfile; made = tempfile.mkdtemp()
        Path('told').write_text(made)
        {}"""
BUSY = "import hashlib; hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)"
"""Minutes in native code, out of which no signal gets Python: as in a call into Java."""


@pytest.mark.parametrize(
    ("number", "code", "work"),
    [
        (signal.SIGINT, 130, "time.sleep(60)"),
        (signal.SIGTERM, 143, "time.sleep(60)"),
        (signal.SIGINT, 130, BUSY),
    ],
)
def test_a_signal_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals, code: int, work: str
) -> None:
    """One line, and neither a partial file nor a temporary folder, also inside a call that does not return."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", PLANTED.format(WAITING.format(work)), "inspect", "model.zip"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a shell inherit that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    while not (tmp_path / "told").is_file():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (code, "", "interrupted\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tmp", "told"]
    assert not list(scratch.iterdir())


def test_the_home_is_put_in_place_of_its_sign(tmp_path: Path) -> None:
    """In every path: no folder named ``~`` is made, and none is looked for."""
    run = subprocess.run(
        [sys.executable, "-m", "djlift.cli.main", "inspect", "~/absent.zip", "--json"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert json.loads(run.stdout)["file"] == str(tmp_path / "home" / "absent.zip")
