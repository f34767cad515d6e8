"""DJL's zoo layout: where an archive goes, what stock DJL reads of it, and what never changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from djlift.archive.container import pack, seal
from djlift.archive.coordinates import Coordinates
from djlift.errors import DjliftError, ZooError
from djlift.zoo import metadata as zoo_metadata
from djlift.zoo import placing
from djlift.zoo.folder import LOCK
from tests.support.builders import a_folder, a_manifest, an_archive

AT = Coordinates("nlp/token_classification", "org.example.nlp", "tiny-ner", "1.0.0", "fp32")
MODEL = "model/nlp/token_classification/org/example/nlp/tiny-ner"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A zoo that is not there yet."""
    return tmp_path / "zoo"


def metadata(folder: Path) -> dict[str, Any]:
    """The metadata of the only model of a zoo."""
    return dict(json.loads((folder / MODEL / "metadata.json").read_text(encoding="utf-8")))


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a zoo but the locks, which are empty and stay."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != LOCK)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def versions(folder: Path) -> list[tuple[str, str]]:
    """Version and precision of each artifact, in the order of the metadata."""
    artifacts = metadata(folder)["artifacts"]
    return [(a["version"], a["properties"]["precision"]) for a in artifacts]


def another(tmp_path: Path, name: str, text: str = "other", **changes: Any) -> Path:
    """An archive of the same coordinates, unless changed, but of other bytes."""
    files = a_folder(tmp_path / f"{name}.files")
    (files / "README.md").write_text(text, encoding="utf-8")
    seal(files, a_manifest(**changes))
    pack(files, tmp_path / name)
    return tmp_path / name


def test_layout(folder: Path, archive: Path) -> None:
    """An archive stands below application, group, name and version, where DJL looks for it."""
    entry = placing.add(folder, archive)
    stored = Path(entry.address)
    assert stored == folder / MODEL / "1.0.0" / "tiny-ner-1.0.0-fp32.zip"
    assert stored == zoo_metadata.archive_path(folder, AT)
    assert entry.manifest.coordinates == AT
    assert stored.read_bytes() == archive.read_bytes()
    assert set(bytes_of(folder)) == {
        f"{MODEL}/metadata.json",
        f"{MODEL}/1.0.0/tiny-ner-1.0.0-fp32.zip",
    }


def test_metadata_for_stock_djl(folder: Path, archive: Path) -> None:
    """The metadata has every field that stock DJL needs to find, check and load the archive."""
    placing.add(folder, archive)
    found = metadata(folder)
    assert found["metadataVersion"] == "0.2"
    assert found["resourceType"] == "model"
    assert found["application"] == AT.application
    assert (found["groupId"], found["artifactId"]) == (AT.group, AT.name)
    assert found["licenses"]["license"]["name"] == "apache-2.0"
    (artifact,) = found["artifacts"]
    assert artifact["version"] == "1.0.0"
    assert artifact["snapshot"] is False
    assert artifact["properties"] == {"precision": "fp32"}
    assert artifact["options"] == {"modelName": "model"}
    assert artifact["arguments"]["translatorFactory"].startswith("org.djlift.translate.")
    (item,) = artifact["files"].values()
    data = archive.read_bytes()
    assert (folder / MODEL / item["uri"]).read_bytes() == data
    assert item["sha1Hash"] == hashlib.sha1(data).hexdigest()
    assert item["sha256"] == hashlib.sha256(data).hexdigest()
    assert item["size"] == len(data)


def test_no_licence(tmp_path: Path, folder: Path) -> None:
    """A model whose source states no licence has none in the zoo either, and no word in its place."""
    placing.add(folder, an_archive(tmp_path / "a.zip", licence=None))
    assert "licenses" not in metadata(folder)


def test_same_bytes_change_nothing(folder: Path, archive: Path) -> None:
    """Adding the same bytes again changes nothing in the zoo."""
    placing.add(folder, archive)
    before = bytes_of(folder)
    placing.add(folder, archive)
    assert bytes_of(folder) == before


def test_other_bytes_are_refused(tmp_path: Path, folder: Path, archive: Path) -> None:
    """Other bytes under the same coordinates are refused, and nothing changes."""
    placing.add(folder, archive)
    before = bytes_of(folder)
    with pytest.raises(ZooError) as raised:
        placing.add(folder, another(tmp_path, "other.zip"))
    assert raised.value.exit_code == 2
    assert raised.value.file == str(zoo_metadata.archive_path(folder, AT))
    assert "--version" in str(raised.value.mend)
    assert bytes_of(folder) == before


def test_replace(tmp_path: Path, folder: Path, archive: Path) -> None:
    """Replacing puts the new bytes and their checksum in place of the old, once."""
    placing.add(folder, archive)
    other = another(tmp_path, "other.zip")
    entry = placing.add(folder, other, replace=True)
    assert Path(entry.address).read_bytes() == other.read_bytes()
    (artifact,) = metadata(folder)["artifacts"]
    digest = hashlib.sha1(other.read_bytes()).hexdigest()
    assert artifact["files"]["model"]["sha1Hash"] == digest


def test_refuse_taken(tmp_path: Path, folder: Path, archive: Path) -> None:
    """What is taken is refused before any work; another precision or version is not taken."""
    zoo_metadata.refuse_taken(folder, AT)
    placing.add(folder, archive)
    with pytest.raises(ZooError):
        zoo_metadata.refuse_taken(folder, AT)
    fp16 = an_archive(tmp_path / "b.zip", precision="fp16")
    placing.add(folder, fp16)
    assert versions(folder) == [("1.0.0", "fp32"), ("1.0.0", "fp16")]


def test_versions_are_sorted(tmp_path: Path, folder: Path) -> None:
    """The newest version stands first, for stock DJL takes the first that fits; order of adding is nothing."""
    order = ["2.0", "1.10.0", "1.2.0", "10.0"]
    archives = {v: an_archive(tmp_path / f"{v}.zip", version=v) for v in order}
    for version in order:
        placing.add(folder, archives[version])
    for version in reversed(order):
        placing.add(tmp_path / "second", archives[version])
    assert [v for v, _ in versions(folder)] == ["10.0", "2.0", "1.10.0", "1.2.0"]
    assert bytes_of(folder) == bytes_of(tmp_path / "second")


def test_models_do_not_meet(tmp_path: Path, folder: Path, archive: Path) -> None:
    """Another model of the zoo is left alone."""
    placing.add(folder, archive)
    before = bytes_of(folder)
    placing.add(folder, an_archive(tmp_path / "b.zip", name="other-ner"))
    after = bytes_of(folder)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"artifacts": null}',
        '{"artifacts": {}}',
        '{"artifacts": [1]}',
        '{"artifacts": [{"version": 1, "properties": {}}]}',
        '{"artifacts": [{"version": "1"}]}',
        '{"artifacts": [{"version": "1", "properties": []}]}',
        "[" * 100_000,
    ],
)
def test_unreadable_metadata(folder: Path, archive: Path, text: str) -> None:
    """Metadata that is not DJL's is named; nothing of the zoo changes."""
    file = folder / MODEL / "metadata.json"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ZooError) as raised:
        placing.add(folder, archive)
    assert raised.value.file == str(file)
    assert bytes_of(folder) == {f"{MODEL}/metadata.json": text.encode()}


def test_fields_of_others_survive(folder: Path, archive: Path) -> None:
    """What somebody else wrote into the metadata is kept."""
    placing.add(folder, archive)
    file = folder / MODEL / "metadata.json"
    data = metadata(folder) | {"description": "ours", "website": "https://example.org"}
    file.write_text(json.dumps(data), encoding="utf-8")
    placing.add(folder, archive)
    assert metadata(folder)["description"] == "ours"
    assert metadata(folder)["website"] == "https://example.org"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../../../../../../../outside"},
        {"version": "../../../../../../../../outside"},
        {"group": "org/../../../../../../outside"},
        {"application": "../../outside"},
        {"precision": "/../../../../../../../../../outside"},
    ],
)
def test_coordinates_stay_inside(tmp_path: Path, changes: dict[str, str]) -> None:
    """An archive from outside cannot name a place beyond the zoo."""
    with pytest.raises(DjliftError):
        placing.add(tmp_path / "deep" / "zoo", an_archive(tmp_path / "in" / "evil.zip", **changes))
    assert not list(tmp_path.rglob("*outside*"))


def test_absolute_application(tmp_path: Path) -> None:
    """An absolute application does not lead out of the zoo."""
    outside = str(tmp_path / "outside")
    with pytest.raises(DjliftError):
        placing.add(tmp_path / "zoo", an_archive(tmp_path / "in" / "evil.zip", application=outside))
    assert not (tmp_path / "outside").exists()


def test_archive_without_translator(tmp_path: Path, folder: Path) -> None:
    """An archive whose manifest names no translator factory is refused, not half-added."""
    with pytest.raises(DjliftError):
        placing.add(folder, an_archive(tmp_path / "a.zip", model={"labels": []}))
    assert not folder.exists()


def test_zoo_that_is_a_file(tmp_path: Path, archive: Path) -> None:
    """A file in the place of the zoo is told as an error of the zoo."""
    (tmp_path / "zoo").write_bytes(b"")
    with pytest.raises(DjliftError):
        placing.add(tmp_path / "zoo", archive)


def test_int8_is_the_last_to_be_taken(tmp_path: Path) -> None:
    """Stock DJL takes the first artifact of a version when no precision is named: never int8 before fp32."""
    folder = tmp_path / "zoo"
    for precision in ("int8", "fp32", "fp16"):
        placing.add(folder, an_archive(tmp_path / f"{precision}.zip", precision=precision))
    entries = json.loads(next(folder.rglob("metadata.json")).read_text())["artifacts"]
    assert [a["properties"]["precision"] for a in entries] == ["fp32", "fp16", "int8"]
