"""``verify --trust-key``: the proof of an archive that must be signed, in Python and on the JVM."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from djlift.archive.signature import ABSENT, OTHER_FILES, OTHER_KEY
from djlift.archive.signing import Trust, sign_beside
from djlift.cli.main import app
from djlift.errors import SignatureError, UsageError
from djlift.jvm import process
from djlift.parity.verify import verify
from tests.support import small_archives
from tests.support.hostile.signatures import a_key
from tests.support.planted_faults import fewer_cases, tampered

pytest.importorskip("model_signing")
pytestmark = pytest.mark.jvm


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small real archive."""
    folder = tmp_path_factory.mktemp("small")
    return small_archives.archive(("BERT", "WordPiece, cased"), folder, count=12)


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Path:
    """The same, signed by ``key``; ``other`` signed nothing."""
    copy = tmp_path / "small.zip"
    shutil.copyfile(made, copy)
    sign_beside(copy, a_key(tmp_path, "key"))
    a_key(tmp_path, "other")
    return copy


def test_a_signed_archive_is_proven(archive: Path, tmp_path: Path) -> None:
    """The report says whose signature holds, and all levels hold."""
    report = verify(archive, trust=Trust(tmp_path / "key.pub"))
    assert report.holds
    assert report.notes[0].startswith("signed by the key ")


def test_what_is_not_signed_is_refused(archive: Path, tmp_path: Path) -> None:
    """Another key, no signature, another archive's signature: refused before anything runs."""
    with pytest.raises(SignatureError) as refused:
        verify(archive, trust=Trust(tmp_path / "other.pub"))
    assert refused.value.code == OTHER_KEY
    with pytest.raises(SignatureError) as refused:
        verify(archive, trust=Trust(tmp_path / "key.pub", tmp_path / "nowhere.sig"))
    assert refused.value.code == ABSENT
    other = tampered(archive, tmp_path / "other.zip", fewer_cases)
    with pytest.raises(SignatureError) as refused:
        verify(other, trust=Trust(tmp_path / "key.pub", tmp_path / "small.zip.sig"))
    assert refused.value.code == OTHER_FILES


def test_the_jvm_checks_it_too(archive: Path, tmp_path: Path) -> None:
    """A signature that Python was not asked about is refused by Java, with its code."""
    machine = process.start()
    machine.load(archive, trust=Trust(tmp_path / "key.pub")).close()
    with pytest.raises(SignatureError) as refused:
        machine.load(archive, trust=Trust(tmp_path / "other.pub"))
    assert refused.value.code == OTHER_KEY


def test_the_command_refuses(archive: Path, tmp_path: Path) -> None:
    """In every mode of ``djlift verify``; a signature without a key is a slip."""
    wrong = ["verify", str(archive), "--trust-key", str(tmp_path / "other.pub")]
    for mode in ([], ["--translator", "stock"], ["--fuzz", "1s"]):
        found = CliRunner().invoke(app, [*wrong, *mode])
        assert isinstance(found.exception, SignatureError), mode
    found = CliRunner().invoke(app, ["verify", str(archive), "--signature", str(archive)])
    assert isinstance(found.exception, UsageError)


def test_the_command_signs(archive: Path, tmp_path: Path) -> None:
    """``djlift sign`` writes where it is told and says where."""
    out = tmp_path / "mine.sig"
    command = ["sign", str(archive), "--key", str(tmp_path / "key"), "--out", str(out), "--json"]
    found = CliRunner().invoke(app, command)
    assert json.loads(found.stdout)["signature"] == str(out)
    assert verify(archive, trust=Trust(tmp_path / "key.pub", out)).holds
