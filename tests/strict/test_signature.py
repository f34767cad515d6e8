"""Signatures: what is not signed by the trusted key as it stands is refused, each with its code."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from djlift.archive.signature import KEY_UNUSABLE, SUFFIX
from djlift.archive.signing import Trust, check, sign, sign_beside
from djlift.errors import ArchiveError, SignatureError
from tests.support.hostile.signatures import ALTERED, Attempt, Signed, a_key, attempts, signed

pytest.importorskip("model_signing")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """A signed archive."""
    return signed(tmp_path_factory.mktemp("signed"))


@pytest.fixture(scope="module")
def cases(one: Signed) -> dict[str, Attempt]:
    """All cases, made once: names must be known beforehand only to a reader of the report."""
    return dict(attempts(one))


def presented(attempt: Attempt, folder: Path) -> Path:
    """Where the signature of a case lies."""
    file = folder / "presented.sig"
    file.unlink(missing_ok=True)
    if attempt.bundle is not None:
        file.write_bytes(attempt.bundle)
    return file


def python_says(attempt: Attempt, file: Path) -> str | None:
    """The code by which Python refuses; None when it does not."""
    try:
        check(attempt.archive, Trust(attempt.key, file))
    except SignatureError as refused:
        assert refused.expected and refused.found and refused.file
        assert refused.to_dict()["code"] == refused.code
        return refused.code
    except ArchiveError:
        return ALTERED
    return None


def stock_says(attempt: Attempt, file: Path, folder: Path) -> bool:
    """Whether the library itself takes the files of a case for signed."""
    from model_signing import verifying

    shutil.rmtree(folder / "stock", ignore_errors=True)
    with zipfile.ZipFile(attempt.archive) as source:
        source.extractall(folder / "stock")
    # It warns on stdout, and raises whatever it meets.
    with contextlib.suppress(Exception), contextlib.redirect_stdout(sys.stderr):
        config = verifying.Config().use_elliptic_key_verifier(public_key=attempt.key)
        config.verify(folder / "stock", file)
        return True
    return False


def test_every_case(cases: dict[str, Attempt], tmp_path: Path) -> None:
    """Each case is refused with its code, and what the library refuses is never taken."""
    assert len(cases) > 70
    wrong = []
    for name, attempt in cases.items():
        file = presented(attempt, tmp_path)
        said, stock = python_says(attempt, file), stock_says(attempt, file, tmp_path)
        print(f"{name}: {said or 'taken'}; stock: {'taken' if stock else 'refused'}")
        if said != attempt.code or (said is None and not stock):
            wrong.append((name, attempt.code, said, stock))
    assert wrong == []


def test_any_changed_byte_of_a_signature(one: Signed, tmp_path: Path) -> None:
    """No single changed byte leaves another statement or another signer that is taken."""
    for at in range(0, len(one.bundle), 3):
        data = bytearray(one.bundle)
        data[at] ^= 1 << at % 7
        attempt = Attempt(None, bytes(data), one.public, one.archive)
        if python_says(attempt, presented(attempt, tmp_path)) is None:
            # A field that nobody reads (keyid, tlogEntries): all that counts is as it was.
            before, after = json.loads(one.bundle), json.loads(data)
            assert after["dsseEnvelope"]["payload"] == before["dsseEnvelope"]["payload"]


@pytest.fixture
def stranger(one: Signed, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """What someone without djlift has: the unpacked files and the signature."""
    signature = tmp_path / f"{one.archive.name}{SUFFIX}"
    signature.write_bytes(one.bundle)
    with zipfile.ZipFile(one.archive) as source:
        source.extractall(tmp_path / "d")
    yield tmp_path / "d", signature


def stock(folder: Path, signature: Path, key: Path) -> subprocess.CompletedProcess[str]:
    """``model_signing verify key``, as its documentation calls it."""
    command = [sys.executable, "-m", "model_signing", "verify", "key", str(folder)]
    command += ["--signature", str(signature), "--public_key", str(key)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def test_stock_tools_check_it(one: Signed, stranger: tuple[Path, Path], tmp_path: Path) -> None:
    """The library's own command takes the unpacked files, and refuses them with a file changed or added."""
    folder, signature = stranger
    taken = stock(folder, signature, one.public)
    assert (taken.returncode, taken.stdout) == (0, "Verification succeeded\n"), taken.stderr
    a_key(tmp_path, "other")
    assert stock(folder, signature, tmp_path / "other.pub").returncode == 1
    (folder / "extra.txt").write_text("x")
    assert stock(folder, signature, one.public).returncode == 1
    (folder / "extra.txt").unlink()
    (folder / "config.json").write_text("{}")
    assert stock(folder, signature, one.public).returncode == 1


def test_a_signature_by_stock_tools_is_taken(one: Signed, stranger: tuple[Path, Path]) -> None:
    """What ``model_signing sign key`` signs, djlift takes for signed."""
    folder, signature = stranger
    command = [sys.executable, "-m", "model_signing", "sign", "key", str(folder)]
    command += ["--signature", str(signature), "--private_key", str(one.private)]
    subprocess.run(command, check=True, env=os.environ)
    assert check(one.archive, Trust(one.public, signature))


def test_signing_refuses_keys_and_archives(one: Signed, cases: dict[str, Attempt]) -> None:
    """A key that is not one of P-256, or an archive that was altered, is not signed."""
    del cases
    for key in (one.folder / "p384", one.public, one.folder / "nowhere"):
        with pytest.raises(SignatureError) as refused:
            sign(one.archive, key)
        assert refused.value.code == KEY_UNUSABLE
    with pytest.raises(ArchiveError):
        sign(one.folder / "edited.zip", one.private)


def test_the_signature_lies_beside_the_archive(one: Signed) -> None:
    """Signed, it is found without being named."""
    place = sign_beside(one.archive, one.private)
    assert place == one.archive.with_name(f"{one.archive.name}.sig")
    check(one.archive, Trust(one.public))
    place.unlink()
