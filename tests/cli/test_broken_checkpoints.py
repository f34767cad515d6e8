"""Broken checkpoints: each is refused with its code, its file and a sentence, and leaves nothing behind."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from djlift.cli import main
from tests.support.checkpoints.broken import (
    CASES,
    Case,
    write_tiny,
)

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint that is spoilt."""
    return write_tiny(tmp_path_factory.mktemp("sound") / "tiny")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_checkpoint(
    case: Case,
    sound: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, one error with its code and file, no traceback, nothing written."""
    folder = Path(shutil.copytree(sound, tmp_path / "tiny"))
    case.spoil(folder)
    zoo, scratch = tmp_path / "zoo", tmp_path / "scratch"
    zoo.mkdir()
    scratch.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = sorted(tmp_path.rglob("*"))
    arguments = ["djlift", "build", f"./{case.source}", "--zoo", "zoo", "--json", *case.options]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main.main()
    streams = capsys.readouterr()
    assert ended.value.code == 2, streams.err
    assert "Traceback" not in streams.out + streams.err
    error = json.loads(streams.out)
    assert error["code"] == case.code, str(error)
    assert case.says in error.get("found", ""), str(error)
    assert Path(error["file"]).name == case.file
    assert "\n" not in error["what"] and len(error["what"]) < 100
    assert "\n" not in error.get("found", "") and len(error.get("found", "")) < 300
    assert sorted(tmp_path.rglob("*")) == before
