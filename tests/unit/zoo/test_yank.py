"""``djlift yank`` and ``djlift list``: what is resolved, what is only kept, and what a zoo shows of itself."""

from __future__ import annotations

import functools
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from djlift.errors import UsageError, ZooError
from djlift.zoo import placing
from djlift.zoo.address import opened, option_values
from djlift.zoo.folder import Folder
from djlift.zoo.listing import listing
from djlift.zoo.yank import Wanted, yank
from tests.support.zoos import entries, files_of, proven, refuse_broken

ONE = Wanted.parse("tiny-ner/1.0.0")


@pytest.fixture
def known(tmp_path: Path) -> list[Path]:
    """Archives: two versions, two precisions of the first."""
    return [
        proven(tmp_path / "1.zip"),
        proven(tmp_path / "2.zip", precision="fp16"),
        proven(tmp_path / "3.zip", version="2.0.0"),
    ]


@pytest.fixture
def zoo(tmp_path: Path, known: list[Path]) -> Path:
    """A zoo with them."""
    for archive in known:
        placing.add(tmp_path / "zoo", archive)
    return tmp_path / "zoo"


def versions(zoo: Path, key: str = "artifacts") -> list[str]:
    """``version precision`` of every entry."""
    return [f"{version} {precision}" for _, version, precision in entries(files_of(zoo), key)]


def test_yank_and_undo(zoo: Path, known: list[Path]) -> None:
    """Entries move beside the artifacts, whole; the archives stay; undo gives the same bytes again."""
    before = files_of(zoo)
    moved = yank(Folder(zoo), [ONE])
    assert [(m.version, m.precision, m.changed) for m in moved] == [
        ("1.0.0", "fp32", True),
        ("1.0.0", "fp16", True),
    ]
    assert versions(zoo) == ["2.0.0 fp32"]
    assert versions(zoo, "yanked") == ["1.0.0 fp32", "1.0.0 fp16"]
    refuse_broken(files_of(zoo), known)
    assert set(files_of(zoo)) == set(before)
    assert [m.changed for m in yank(Folder(zoo), [ONE])] == [False, False]
    assert [m.changed for m in yank(Folder(zoo), [ONE], undo=True)] == [True, True]
    assert files_of(zoo) == before
    assert [m.changed for m in yank(Folder(zoo), [ONE], undo=True)] == [False, False]


def test_one_precision(zoo: Path) -> None:
    """The others stay."""
    yank(Folder(zoo), [ONE], precision="fp16")
    assert versions(zoo) == ["2.0.0 fp32", "1.0.0 fp32"]
    assert versions(zoo, "yanked") == ["1.0.0 fp16"]


def test_published_again_it_stays_yanked(zoo: Path, known: list[Path], tmp_path: Path) -> None:
    """Publishing does not undo it, nor lets other bytes take its place."""
    yank(Folder(zoo), [ONE])
    before = files_of(zoo)
    again = placing.add(zoo, known[0])
    assert (again.changed, again.yanked) == (False, True)
    with pytest.raises(ZooError, match="already holds"):
        placing.add(zoo, proven(tmp_path / "other.zip", text="other"))
    assert files_of(zoo) == before
    placing.add(zoo, proven(tmp_path / "new.zip", version="3.0.0"))
    assert versions(zoo) == ["3.0.0 fp32", "2.0.0 fp32"]
    assert versions(zoo, "yanked") == ["1.0.0 fp32", "1.0.0 fp16"]


@pytest.mark.parametrize("text", ["tiny-ner/9.0", "other/1.0.0", "org.other/tiny-ner/1.0.0"])
def test_what_the_zoo_does_not_hold(zoo: Path, text: str) -> None:
    """It is named before the first is moved."""
    before = files_of(zoo)
    with pytest.raises(ZooError, match="does not hold") as raised:
        yank(Folder(zoo), [ONE, Wanted.parse(text)])
    assert raised.value.mend == f"djlift list {zoo}"
    assert files_of(zoo) == before


def test_a_name_in_two_groups(zoo: Path, tmp_path: Path) -> None:
    """The group must be said."""
    placing.add(zoo, proven(tmp_path / "other.zip", group="com.other"))
    with pytest.raises(ZooError, match="more than one") as raised:
        yank(Folder(zoo), [ONE])
    assert raised.value.found == "com.other, org.example.nlp"
    (moved,) = yank(Folder(zoo), [Wanted.parse("com.other/tiny-ner/1.0.0")])
    assert moved.group == "com.other"


@pytest.mark.parametrize(
    "text", ["", "tiny-ner", "tiny-ner/", "tiny-ner/next", "a/b/c/1.0", "../x/1.0"]
)
def test_what_is_no_version(text: str) -> None:
    """The form is said."""
    with pytest.raises(UsageError, match="cannot be read"):
        Wanted.parse(text)


def test_listing(zoo: Path, tmp_path: Path) -> None:
    """Every archive, the newest version first, yanked ones marked."""
    yank(Folder(zoo), [ONE], precision="fp16")
    placing.add(zoo, proven(tmp_path / "a.zip", name="other-ner", licence=None))
    found = listing(Folder(zoo))
    assert [(e.name, e.version, e.precision, e.licence, e.yanked, e.signed) for e in found] == [
        ("other-ner", "1.0.0", "fp32", None, False, False),
        ("tiny-ner", "2.0.0", "fp32", "apache-2.0", False, False),
        ("tiny-ner", "1.0.0", "fp32", "apache-2.0", False, False),
        ("tiny-ner", "1.0.0", "fp16", "apache-2.0", True, False),
    ]
    for entry in found:
        assert entry.archive is not None
        assert Path(entry.archive).stat().st_size == entry.size
        assert entry.group == "org.example.nlp"


def test_listing_of_an_older_zoo(zoo: Path) -> None:
    """Entries from before SHA-256 and the licence were listed have the model's licence."""
    file = next(zoo.rglob("metadata.json"))
    data = json.loads(file.read_bytes())
    for artifact in data["artifacts"]:
        del artifact["files"]["model"]["sha256"], artifact["licence"]
    del data["artifacts"][0]["files"]
    file.write_text(json.dumps(data), encoding="utf-8")
    found = listing(Folder(zoo))
    assert [e.licence for e in found] == ["apache-2.0"] * 3
    assert [e.sha256 for e in found] == [None] * 3
    assert found[0].size is None
    assert found[0].archive is None


def test_listing_over_http(tmp_path: Path) -> None:
    """A web server that lists its folders can be listed."""
    placing.add(tmp_path / "my zoo", proven(tmp_path / "a.zip"))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        (found,) = listing(opened(f"{address}/my%20zoo/"))
        assert found.name == "tiny-ner"
        assert str(found.archive).startswith(f"{address}/my%20zoo/model/")
        with pytest.raises(ZooError, match="there is no zoo"):
            listing(opened(f"{address}/other"))
        server.shutdown()


def test_no_zoo(tmp_path: Path) -> None:
    """A folder without a zoo is told, with what makes one."""
    with pytest.raises(ZooError, match="there is no zoo") as raised:
        listing(Folder(tmp_path))
    assert raised.value.mend == "djlift publish ARCHIVE ZOO"


def test_unreadable_yanked_entries(zoo: Path) -> None:
    """What stands under ``yanked`` is looked at like the rest."""
    file = next(zoo.rglob("metadata.json"))
    data = json.loads(file.read_bytes()) | {"yanked": [{"version": 1}]}
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ZooError, match="cannot be read"):
        listing(Folder(zoo))


# Addresses


def test_storage_options() -> None:
    """JSON where it is JSON, text elsewhere."""
    pairs = [
        "endpoint_url=http://localhost:9000",
        "anon=true",
        'key="123"',
        "n=4",
        "empty=",
        "a=b=c",
    ]
    assert option_values(pairs) == {
        "endpoint_url": "http://localhost:9000",
        "anon": True,
        "key": "123",
        "n": 4,
        "empty": "",
        "a": "b=c",
    }
    for wrong in ("endpoint_url", "=value"):
        with pytest.raises(ZooError, match="cannot be read"):
            option_values([wrong])


@pytest.mark.parametrize(
    ("zoo", "words"),
    [
        ("nonsense://bucket/zoo", "'nonsense' is not known"),
        ("simplecache::s3://bucket/zoo", "chain"),
        ("s3://bucket::file://x", "chain"),
    ],
)
def test_an_address_that_cannot_be(zoo: str, words: str) -> None:
    """It is told before anything is looked for."""
    with pytest.raises(ZooError, match=words):
        opened(zoo)


def test_a_folder_takes_no_options(tmp_path: Path) -> None:
    """Options that would be ignored are refused."""
    for zoo in (tmp_path, str(tmp_path), tmp_path.as_uri()):
        assert isinstance(opened(zoo), Folder)
        with pytest.raises(ZooError, match="no storage options"):
            opened(zoo, {"anon": True})


def test_where_nobody_is_kept_apart(tmp_path: Path) -> None:
    """A back end without locks and conditions is read, and not published to."""
    store = opened("data:,zoo")
    assert isinstance(store, Folder)  # no "//": a folder of an odd name
    http = opened("http://localhost:9/zoo")
    with pytest.raises(ZooError, match="cannot be kept apart") as raised:
        http.prepare()
    assert raised.value.found == "http://"
