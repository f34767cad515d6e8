"""Signatures of what is published: made once, kept while they are true."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from djlift.archive import signing
from djlift.errors import SignatureError
from djlift.zoo.folder import Folder
from djlift.zoo.placing import Published, put
from djlift.zoo.publish import examine, signature_for
from tests.support.hostile.signatures import a_key
from tests.support.zoos import proven

FOLDER = Path("zoo/model/nlp/token_classification/org/example/nlp/tiny-ner")
PLACE = FOLDER / "1.0.0/tiny-ner-1.0.0-fp32.zip"


def published(
    archive: Path, folder: Path, key: Path | None, trust_key: Path | None = None
) -> Published:
    """One run of the command."""
    store, one = Folder(folder / "zoo"), examine(archive)
    store.prepare()
    return put(one, store, signature=signature_for(one, store, key, trust_key))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive that may be published."""
    return proven(tmp_path / "tiny-ner-1.0.0-fp32.zip")


def test_a_published_signature_holds(archive: Path, tmp_path: Path) -> None:
    """Beside the archive in the zoo, named in metadata.json, and true."""
    found = published(archive, tmp_path, a_key(tmp_path, "key"))
    assert (found.changed, found.signed) == (True, True)
    signing.check(tmp_path / PLACE, signing.Trust(tmp_path / "key.pub"))
    (artifact,) = json.loads((tmp_path / FOLDER / "metadata.json").read_text())["artifacts"]
    assert artifact["signature"] == "1.0.0/tiny-ner-1.0.0-fp32.zip.sig"


def test_the_same_key_again_changes_nothing(archive: Path, tmp_path: Path) -> None:
    """Though every signature that is made is another one."""
    key = a_key(tmp_path, "key")
    published(archive, tmp_path, key)
    before = (tmp_path / f"{PLACE}.sig").read_bytes()
    assert not published(archive, tmp_path, key).changed
    assert (tmp_path / f"{PLACE}.sig").read_bytes() == before


def test_another_key_replaces_the_signature_and_not_the_archive(
    archive: Path, tmp_path: Path
) -> None:
    """Keys are changed; what was published stays."""
    published(archive, tmp_path, a_key(tmp_path, "key"))
    before = (tmp_path / PLACE).read_bytes()
    assert published(archive, tmp_path, a_key(tmp_path, "other")).changed
    assert (tmp_path / PLACE).read_bytes() == before
    signing.check(tmp_path / PLACE, signing.Trust(tmp_path / "other.pub"))
    with pytest.raises(SignatureError):
        signing.check(tmp_path / PLACE, signing.Trust(tmp_path / "key.pub"))


def test_a_signature_beside_the_archive_goes_along(archive: Path, tmp_path: Path) -> None:
    """As ``djlift sign`` leaves it; without one nothing is signed."""
    assert not published(archive, tmp_path, None).signed
    signing.sign_beside(archive, a_key(tmp_path, "key"))
    assert published(archive, tmp_path, None).signed
    signing.check(tmp_path / PLACE, signing.Trust(tmp_path / "key.pub"))


def test_a_key_that_cannot_be_used_publishes_nothing(archive: Path, tmp_path: Path) -> None:
    """It is read before anything is written."""
    (tmp_path / "key").write_text("no key")
    with pytest.raises(SignatureError):
        published(archive, tmp_path, tmp_path / "key")
    assert not (tmp_path / PLACE).exists()


def refused(archive: Path, folder: Path, trust_key: Path | None = None) -> str:
    """The code of the refusal, and nothing in the zoo."""
    with pytest.raises(SignatureError) as problem:
        published(archive, folder, None, trust_key)
    assert not (folder / PLACE).exists()
    return problem.value.code


def test_what_is_no_signature_of_the_archive_is_not_published(
    archive: Path, tmp_path: Path
) -> None:
    """Without a key: no signature at all, and a true one of other files."""
    beside = tmp_path / f"{archive.name}.sig"
    beside.write_bytes(b"not checked by anyone")
    assert refused(archive, tmp_path) == "signature-unreadable"
    other = proven(tmp_path / "other.zip", text="other")
    signing.sign_beside(other, a_key(tmp_path, "key"), beside)
    assert refused(archive, tmp_path) == "signature-other-files"


def test_a_trusted_key_must_have_signed(archive: Path, tmp_path: Path) -> None:
    """With a key: nothing beside the archive, another key's signature, one that was changed."""
    key = a_key(tmp_path, "key")
    assert refused(archive, tmp_path, tmp_path / "key.pub") == "signature-absent"
    beside = signing.sign_beside(archive, a_key(tmp_path, "other"))
    assert refused(archive, tmp_path, tmp_path / "key.pub") == "signature-other-key"
    bundle = json.loads(signing.sign(archive, key))
    forged = json.loads(beside.read_bytes())["dsseEnvelope"]["signatures"]
    bundle["dsseEnvelope"]["signatures"] = forged
    beside.write_text(json.dumps(bundle))
    assert refused(archive, tmp_path, tmp_path / "key.pub") == "signature-false"
    signing.sign_beside(archive, key)
    assert published(archive, tmp_path, None, tmp_path / "key.pub").signed
