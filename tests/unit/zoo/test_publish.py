"""Publishing: what may go into a zoo, in which order, and what never changes there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djlift.errors import ZooError
from djlift.zoo import placing, publish
from djlift.zoo.address import opened
from djlift.zoo.folder import LOCK, Folder
from djlift.zoo.metadata import Metadata
from djlift.zoo.objects import Memory
from djlift.zoo.s3 import S3
from djlift.zoo.store import Content, Store, Upload
from tests.support.s3_server import BUCKET, PART, Forgetful, objects, serving, uploads
from tests.support.zoos import entries, files_of, proven, refuse_broken, small_parts, without_probe

MODEL = "model/nlp/token_classification/org/example/nlp/tiny-ner"
ARCHIVE = f"{MODEL}/1.0.0/tiny-ner-1.0.0-fp32.zip"


class Zoo:
    """A zoo on one of the back ends, and a look at its files from outside."""

    def __init__(self, store: Store, files: Any) -> None:
        self.store = store
        self.files = files

    def publish(self, archive: Path, **options: Any) -> placing.Published:
        self.store.prepare()
        return placing.put(publish.examine(archive), self.store, **options)


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, Any]]:
    """A server with an empty bucket."""
    with serving() as options:
        yield options


@pytest.fixture(params=["folder", "s3", "memory"])
def zoo(request: pytest.FixtureRequest, tmp_path: Path) -> Zoo:
    """An empty zoo, on each back end that can be had here."""
    if request.param == "folder":
        return Zoo(Folder(tmp_path / "zoo"), lambda: files_of(tmp_path / "zoo"))
    if request.param == "memory":
        store = opened(f"memory://{tmp_path.name}/zoo")

        def held() -> dict[str, bytes]:
            found = store.system.find(store.root)  # type: ignore[attr-defined]
            return {p.removeprefix(f"{store.root}/"): store.system.cat_file(p) for p in found}  # type: ignore[attr-defined]

        return Zoo(store, held)
    options = request.getfixturevalue("s3")
    prefix = f"{tmp_path.name}/zoo"
    return Zoo(
        opened(f"s3://{BUCKET}/{prefix}", options),
        lambda: without_probe(objects(options, prefix)),
    )


def test_published(tmp_path: Path, zoo: Zoo) -> None:
    """The archive and the metadata, byte for byte the same on every back end."""
    archive = proven(tmp_path / "a.zip")
    done = zoo.publish(archive)
    assert done.changed
    assert done.address == zoo.store.place(ARCHIVE)
    placing.add(tmp_path / "other", archive)
    assert zoo.files() == files_of(tmp_path / "other")


def test_the_same_bytes_again(tmp_path: Path, zoo: Zoo) -> None:
    """A no-op, that says so."""
    archive = proven(tmp_path / "a.zip")
    zoo.publish(archive)
    before = zoo.files()
    assert not zoo.publish(archive).changed
    assert zoo.files() == before


@pytest.mark.parametrize("same_size", [True, False])
def test_other_bytes_are_refused(tmp_path: Path, zoo: Zoo, same_size: bool) -> None:
    """A version never changes; nothing of the zoo does."""
    zoo.publish(proven(tmp_path / "a.zip", text="one"))
    before = zoo.files()
    with pytest.raises(ZooError, match=r"already holds tiny-ner 1\.0\.0 fp32") as raised:
        zoo.publish(proven(tmp_path / "b.zip", text="two" if same_size else "a longer one"))
    assert raised.value.exit_code == 2
    assert raised.value.file == zoo.store.place(ARCHIVE)
    assert zoo.files() == before


def test_an_unfinished_publish_of_other_bytes(tmp_path: Path, zoo: Zoo) -> None:
    """An archive that nobody lists may be another publisher's who is not done: refused, with the way out."""
    other = proven(tmp_path / "b.zip", text="two")
    zoo.store.prepare()
    checked = placing.checksums(other)
    assert zoo.store.create(ARCHIVE, Upload(other, checked.size, checked.sha256))
    with pytest.raises(ZooError, match="in the way") as raised:
        zoo.publish(proven(tmp_path / "a.zip", text="one"))
    assert "remove the file" in str(raised.value.mend)
    assert list(zoo.files()) == [ARCHIVE]
    assert zoo.publish(other).changed
    refuse_broken(zoo.files(), [other])


def test_a_lost_archive_comes_back(tmp_path: Path) -> None:
    """What is listed and gone is put back by publishing the same bytes."""
    archive = proven(tmp_path / "a.zip")
    zoo = Zoo(Folder(tmp_path / "zoo"), lambda: files_of(tmp_path / "zoo"))
    zoo.publish(archive)
    before = zoo.files()
    (tmp_path / "zoo" / ARCHIVE).unlink()
    assert zoo.publish(archive).changed
    assert zoo.files() == before


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    """A file that is not what is listed is not taken for it, nor written over."""
    archive = proven(tmp_path / "a.zip")
    zoo = Zoo(Folder(tmp_path / "zoo"), lambda: files_of(tmp_path / "zoo"))
    zoo.publish(archive)
    (tmp_path / "zoo" / ARCHIVE).write_bytes(b"cut short")
    with pytest.raises(ZooError, match="not the one that its metadata lists"):
        zoo.publish(archive)


def test_signature(tmp_path: Path, zoo: Zoo) -> None:
    """It lies beside the archive and is named; a new one can be added to what is published."""
    archive = proven(tmp_path / "a.zip")
    assert not zoo.publish(archive).signed
    assert zoo.publish(archive, signature=b"first").signed
    before = zoo.files()
    (artifact,) = json.loads(before[f"{MODEL}/metadata.json"])["artifacts"]
    assert artifact["signature"] == artifact["files"]["model"]["uri"] + ".sig"
    assert before[f"{MODEL}/{artifact['signature']}"] == b"first"
    assert not zoo.publish(archive, signature=b"first").changed
    # Without one: what is signed stays signed.
    again = zoo.publish(archive)
    assert (again.changed, again.signed) == (False, True)
    assert zoo.files() == before
    assert zoo.publish(archive, signature=b"second").changed
    assert zoo.files()[f"{MODEL}/{artifact['signature']}"] == b"second"


def test_replaced_archives_lose_their_signature(tmp_path: Path) -> None:
    """A signature of other bytes is none."""
    zoo = Zoo(Folder(tmp_path / "zoo"), lambda: files_of(tmp_path / "zoo"))
    zoo.publish(proven(tmp_path / "a.zip", text="one"), signature=b"first")
    other = proven(tmp_path / "b.zip", text="two")
    assert not zoo.publish(other, replace=True).signed
    refuse_broken(zoo.files(), [other])
    assert set(zoo.files()) == {ARCHIVE, f"{MODEL}/metadata.json"}


def test_nothing_is_replaced_in_s3(tmp_path: Path, s3: dict[str, Any]) -> None:
    """--replace is for a folder of one's own."""
    store = opened(f"s3://{BUCKET}/{tmp_path.name}", s3)
    zoo = Zoo(store, lambda: without_probe(objects(s3, tmp_path.name)))
    zoo.publish(proven(tmp_path / "a.zip", text="one"))
    before = zoo.files()
    with pytest.raises(ZooError, match="never replaced"):
        zoo.publish(proven(tmp_path / "b.zip", text="two"), replace=True)
    assert zoo.files() == before


def test_an_entry_from_before_sha256(tmp_path: Path, zoo: Zoo) -> None:
    """Its archive is compared byte by byte, and the entry gets what it lacks."""
    archive = proven(tmp_path / "a.zip")
    zoo.publish(archive)
    whole = zoo.files()
    name = f"{MODEL}/metadata.json"
    data = json.loads(whole[name])
    del data["artifacts"][0]["files"]["model"]["sha256"]
    zoo.store.put(name, json.dumps(data).encode())
    with pytest.raises(ZooError, match="already holds"):
        zoo.publish(proven(tmp_path / "b.zip", text="x"))
    assert zoo.publish(archive).changed
    assert zoo.files() == whole


def test_an_archive_that_changes_meanwhile(tmp_path: Path, zoo: Zoo) -> None:
    """What was examined is what is published, or nothing is."""
    archive = proven(tmp_path / "a.zip")
    examined = publish.examine(archive)
    data = bytearray(archive.read_bytes())
    data[100] ^= 1
    archive.write_bytes(data)
    zoo.store.prepare()
    with pytest.raises(ZooError, match="changed while it was published"):
        placing.put(examined, zoo.store)
    assert zoo.files() == {}


# Two at once


class Overtaken(Folder):
    """A folder on which somebody else publishes between reading and writing; ``blind`` does not look."""

    def __init__(self, root: Path, other: Path, *, blind: bool = False) -> None:
        super().__init__(root)
        self.other: Path | None = other
        self.blind = blind

    @contextlib.contextmanager
    def exclusive(self, folder: str) -> Iterator[None]:
        yield

    def write(self, name: str, data: bytes, tag: str | None) -> bool:
        if self.other is not None:
            other, self.other = self.other, None
            placing.add(self.root, other)
        if self.blind:
            self.put(name, data)
            return True
        return super().write(name, data, tag)


@pytest.mark.parametrize("blind", [False, True])
def test_somebody_writes_between(tmp_path: Path, blind: bool) -> None:
    """The write is refused and done again on what is there then; a store that did not look would lose one."""
    first = proven(tmp_path / "1.zip")
    second = proven(tmp_path / "2.zip", version="2.0.0")
    store = Overtaken(tmp_path / "zoo", first, blind=blind)
    placing.put(publish.examine(second), store)
    found = [version for _, version, _ in entries(files_of(tmp_path / "zoo"))]
    assert found == (["2.0.0"] if blind else ["2.0.0", "1.0.0"])


def test_a_metadata_before_its_archive_would_be_seen(tmp_path: Path) -> None:
    """What the kill tests look at does fail when an archive is listed and not there, or cut short."""
    archive = proven(tmp_path / "a.zip")
    placing.add(tmp_path / "zoo", archive)
    files = files_of(tmp_path / "zoo")
    refuse_broken(files, [archive])
    with pytest.raises(AssertionError):
        refuse_broken({**files, ARCHIVE: files[ARCHIVE][:-1]}, [archive])
    with pytest.raises(KeyError):
        refuse_broken({n: d for n, d in files.items() if n != ARCHIVE}, [archive])


def test_who_never_gets_a_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that refuses every write ends in an error, not in a loop."""

    class Busy(Folder):
        def write(self, name: str, data: bytes, tag: str | None) -> bool:
            return False

    monkeypatch.setattr(placing, "_PATIENCE", 0.2)
    with pytest.raises(ZooError, match="faster than this publisher"):
        placing.put(publish.examine(proven(tmp_path / "a.zip")), Busy(tmp_path / "zoo"))


# S3


def test_in_parts(tmp_path: Path, s3: dict[str, Any]) -> None:
    """A large archive goes in parts, with its progress, and leaves no upload behind."""
    archive = proven(tmp_path / "a.zip", bulk=5 * PART)
    store = small_parts(opened(f"s3://{BUCKET}/{tmp_path.name}", s3))
    told: list[tuple[str, int, int]] = []
    store.prepare()
    examined = publish.examine(archive)
    assert placing.put(
        examined, store, advance=lambda stage, done, total: told.append((stage, done, total))
    ).changed
    refuse_broken(without_probe(objects(s3, tmp_path.name)), [archive])
    assert told[-1] == ("publishing (MiB)", 1, 1)
    other = proven(tmp_path / "b.zip", text="two", bulk=5 * PART)
    upload = Upload(other, other.stat().st_size, placing.checksums(other).sha256)
    assert not store.create(ARCHIVE, upload)
    assert objects(s3, tmp_path.name)[ARCHIVE] == archive.read_bytes()
    assert not [key for key in uploads(s3) if key.startswith(tmp_path.name)]


@pytest.mark.parametrize(
    ("methods", "headers", "words"),
    [
        ({"PUT"}, {"HTTP_IF_NONE_MATCH"}, "PutObject with If-None-Match"),
        ({"PUT"}, {"HTTP_IF_MATCH"}, "PutObject with If-Match"),
        ({"POST"}, {"HTTP_IF_NONE_MATCH"}, "CompleteMultipartUpload with If-None-Match"),
    ],
)
def test_a_server_without_conditional_writes(
    tmp_path: Path, methods: set[str], headers: set[str], words: str
) -> None:
    """It is found out before anything is published, and nothing is."""
    archive = proven(tmp_path / "a.zip", bulk=2 * PART)
    with serving(lambda application: Forgetful(application, methods, headers)) as options:
        store = small_parts(opened(f"s3://{BUCKET}/{tmp_path.name}", options))
        with pytest.raises(ZooError, match="cannot be kept apart") as raised:
            store.prepare()
            placing.put(publish.examine(archive), store)
        assert words in str(raised.value.expected)
        assert without_probe(objects(options, tmp_path.name)) == {}


def test_tidied_uploads_are_only_those_of_the_archive(tmp_path: Path, s3: dict[str, Any]) -> None:
    """What a killed publisher began is taken back; another archive's upload goes on."""
    store = opened(f"s3://{BUCKET}/{tmp_path.name}", s3)
    assert isinstance(store, S3)
    mine = f"{tmp_path.name}/{ARCHIVE}"
    for key in (mine, f"{mine}.other"):
        store.system.call_s3("create_multipart_upload", Bucket=BUCKET, Key=key)
    store.prepare()
    placing.put(publish.examine(proven(tmp_path / "a.zip")), store)
    assert [key for key in uploads(s3) if key.startswith(mine)] == [f"{mine}.other"]
    store.tidy(f"{ARCHIVE}.other")


# Google and Azure: what can be tried without their servers


@pytest.mark.parametrize("kept", ["both", "creation", "change", "none"])
def test_a_store_whose_conditions_do_not_hold(tmp_path: Path, kept: str) -> None:
    """Of both conditions, each is tried; one that is ignored is refused."""

    class Tried(Memory):
        def write(self, name: str, data: bytes, tag: str | None) -> bool:
            if kept in ("none", "creation" if tag else "change"):
                self.put(name, data)
                return True
            return super().write(name, data, tag)

    plain = opened(f"memory://{tmp_path.name}/zoo")
    assert isinstance(plain, Memory)
    store = Tried(plain.system, plain.root, plain.url)
    if kept == "both":
        store.try_conditions("wrong")
    else:
        with pytest.raises(ZooError, match="cannot be kept apart"):
            store.try_conditions("wrong")


# A folder's lock


def test_a_model_that_is_locked(tmp_path: Path) -> None:
    """Who waits too long is told whose lock it is; another model is free."""
    holder, waiting = Folder(tmp_path), Folder(tmp_path, patience=0.1)
    with holder.exclusive(MODEL):
        with (
            pytest.raises(ZooError, match="another publisher holds") as raised,
            waiting.exclusive(MODEL),
        ):
            pass
        assert str(raised.value.file).endswith(f"tiny-ner/{LOCK}")
        with waiting.exclusive(MODEL + "-large"):
            pass
    with waiting.exclusive(MODEL):
        pass


def test_a_file_that_another_program_wrote(tmp_path: Path) -> None:
    """The state that was read is compared: even a writer without the lock is not written over."""
    store = Folder(tmp_path)
    assert store.write("a/metadata.json", b"one", None)
    content = store.read("a/metadata.json")
    assert isinstance(content, Content)
    (tmp_path / "a/metadata.json").write_bytes(b"theirs")
    assert not store.write("a/metadata.json", b"two", content.tag)
    assert not store.write("a/metadata.json", b"two", None)
    assert (tmp_path / "a/metadata.json").read_bytes() == b"theirs"


def test_entries_of_another_tool_stay(tmp_path: Path) -> None:
    """An artifact of the same version and precision with more properties is another one."""
    archive = proven(tmp_path / "a.zip")
    placing.add(tmp_path / "zoo", archive)
    file = tmp_path / "zoo" / MODEL / "metadata.json"
    data = json.loads(file.read_bytes())
    data["artifacts"].append(
        {"version": "1.0.0", "properties": {"precision": "fp32", "size": "large"}}
    )
    file.write_text(json.dumps(data), encoding="utf-8")
    placing.add(tmp_path / "zoo", proven(tmp_path / "b.zip", version="1.1.0"))
    after = Metadata.parse(file.read_bytes(), str(file)).artifacts
    assert after[0]["version"] == "1.1.0"
    assert sorted(len(a["properties"]) for a in after[1:]) == [1, 2]
