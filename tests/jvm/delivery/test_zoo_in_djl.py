"""What stock DJL finds in a zoo that djlift published to: keys that it does not know do not disturb it."""

from __future__ import annotations

from pathlib import Path

import jpype
import pytest

from djlift.archive.container import read_manifest
from djlift.jvm import process
from djlift.zoo import placing
from djlift.zoo.folder import Folder
from djlift.zoo.yank import Wanted, yank

pytestmark = pytest.mark.jvm

TINY = Path(__file__).parents[3] / "jvm-bridge/core/src/test/resources/tiny-zoo"


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """The tiny archives in versions 1.0 and 1.1, fp32 and fp16, one of them signed."""
    signature = b"a signature"
    for number, archive in enumerate(sorted(TINY.rglob("*.zip"))):
        examined = placing.Examined(archive, read_manifest(archive), placing.checksums(archive))
        store = Folder(tmp_path / "zoo")
        placing.put(examined, store, signature=signature if number == 0 else None)
    return tmp_path / "zoo"


def resolved(zoo: Path, version: str | None, precision: str) -> str | None:
    """The version that stock DJL resolves, by a range or whatever is newest."""
    repository = jpype.JClass("ai.djl.repository.Repository").newInstance("zoo", zoo.as_uri())
    application = jpype.JClass("ai.djl.Application").NLP.TOKEN_CLASSIFICATION
    found = repository.model(application, "org.djlift.test", "tiny", version)
    wanted = jpype.JClass("java.util.HashMap")()
    wanted.put("precision", precision)
    artifact = found.match(wanted)
    return None if artifact is None else str(artifact.getVersion())


def test_what_is_yanked_is_not_resolved(zoo: Path) -> None:
    """Neither as the newest, nor by a range, nor by its exact version; its other precision still is."""
    process.start()
    assert resolved(zoo, None, "fp16") == "1.1"
    yank(Folder(zoo), [Wanted.parse("tiny/1.1")], precision="fp16")
    assert resolved(zoo, None, "fp16") == "1.0"
    assert resolved(zoo, "[1.0,2.0)", "fp16") == "1.0"
    assert resolved(zoo, "[1.1]", "fp16") is None
    assert resolved(zoo, "[1.1]", "fp32") == "1.1"
    yank(Folder(zoo), [Wanted.parse("tiny/1.1")], precision="fp16", undo=True)
    assert resolved(zoo, "[1.1]", "fp16") == "1.1"


def test_a_model_of_which_all_is_yanked(zoo: Path) -> None:
    """Stock DJL finds nothing of it, and still takes the folder for a zoo."""
    process.start()
    for version in ("1.0", "1.1"):
        yank(Folder(zoo), [Wanted.parse(f"tiny/{version}")])
    assert resolved(zoo, None, "fp32") is None
    repository = jpype.JClass("ai.djl.repository.Repository").newInstance("zoo", zoo.as_uri())
    assert len(repository.getResources()) == 1
