"""The jar lock: where a jar is looked for, and that a wrong one is never used.

A small lock stands in for the real one: what is tested is the search, not 160 MB of jars. There is no
network: the repository is a closed port, or one that serves these tests' own files.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from djlift.base import files
from djlift.base.targets import DEFAULT
from djlift.errors import JvmError
from djlift.jars import lock, resolve
from djlift.jars.lock import Jar, Lock

GOOD = b"the right bytes of a jar"
BAD = b"the wrong bytes of a jar"
JAR = Jar("org.example:thing:1.0", "thing-1.0.jar", hashlib.sha256(GOOD).hexdigest(), len(GOOD))


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty folders of this test's own in every place, a closed port as the repository."""
    monkeypatch.setattr(lock, "FOLDER", tmp_path)
    lock.lock_file(DEFAULT).write_text(Lock("1", "2", (JAR,)).to_json())
    monkeypatch.delenv("DJLIFT_JARS", raising=False)
    monkeypatch.delenv("DJLIFT_BRIDGE_JAR", raising=False)
    monkeypatch.setenv("DJLIFT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("DJLIFT_MAVEN_MIRROR", f"http://someone:secret@127.0.0.1:{port}/maven")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The jar's path in a Maven repository that a server of this test gives out."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    root = tmp_path / "remote"
    root.mkdir()
    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DJLIFT_MAVEN_MIRROR", f"http://127.0.0.1:{server.server_port}")
        yield root / JAR.maven_path
        server.shutdown()


def put(file: Path, data: bytes = GOOD) -> Path:
    """A file with its folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def cached() -> Path:
    """Where the cache keeps the jar."""
    return resolve.cached_path(JAR)


def test_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The given folder wins over the cache, that over the Maven repository."""
    in_maven = put(tmp_path / "m2" / JAR.maven_path)
    assert resolve.resolve() == (in_maven,)
    put(cached())
    assert resolve.resolve() == (cached(),)
    given = put(tmp_path / "given" / JAR.file)
    monkeypatch.setenv("DJLIFT_JARS", str(given.parent))
    assert resolve.resolve() == (given,)


def test_download(served: Path) -> None:
    """What is nowhere is downloaded once, into the cache, and nothing else stays there."""
    put(served)
    told: list[tuple[str, int, int]] = []
    assert resolve.resolve(progress=lambda *step: told.append(step)) == (cached(),)
    assert cached().read_bytes() == GOOD
    assert told[-1] == (JAR.file, len(GOOD), len(GOOD))
    assert [file.name for file in cached().parent.iterdir()] == [JAR.file]
    served.unlink()
    assert resolve.resolve() == (cached(),)


@pytest.mark.parametrize("spoiled", [BAD, GOOD[:-1], b""], ids=["wrong", "truncated", "empty"])
def test_a_spoiled_cache_is_fetched_again(served: Path, spoiled: bytes) -> None:
    """A wrong file in the cache is ours to mend."""
    put(served)
    put(cached(), spoiled)
    assert resolve.resolve()[0].read_bytes() == GOOD


def test_a_spoiled_cache_without_network(tmp_path: Path) -> None:
    """The wrong file is not used and not kept."""
    put(cached(), BAD)
    with pytest.raises(JvmError) as error:
        resolve.resolve(offline=True)
    assert JAR.sha256 in str(error.value.expected)
    assert hashlib.sha256(BAD).hexdigest() in str(error.value.found)
    assert "djlift doctor --fetch" in str(error.value.mend)
    assert not cached().exists()


def test_a_wrong_download_is_refused(served: Path) -> None:
    """A repository that gives other bytes is named with both hashes, and nothing is kept."""
    put(served, BAD)
    with pytest.raises(JvmError) as error:
        resolve.resolve()
    assert JAR.coordinates in error.value.what
    assert JAR.sha256 in str(error.value.expected)
    assert hashlib.sha256(BAD).hexdigest() in str(error.value.found)
    assert not list(cached().parent.iterdir())


def test_a_wrong_file_in_the_given_folder_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user put it there: it is not passed over for a good one, and not deleted."""
    put(cached())
    given = put(tmp_path / "given" / JAR.file, BAD)
    monkeypatch.setenv("DJLIFT_JARS", str(given.parent))
    with pytest.raises(JvmError) as error:
        resolve.resolve()
    assert error.value.file == str(given)
    assert given.read_bytes() == BAD


def test_a_given_folder_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped DJLIFT_JARS is said, not passed over."""
    put(cached())
    monkeypatch.setenv("DJLIFT_JARS", str(tmp_path / "absent"))
    with pytest.raises(JvmError, match="DJLIFT_JARS"):
        resolve.resolve()


def test_a_wrong_file_in_the_maven_repository_is_passed_over(tmp_path: Path, served: Path) -> None:
    """It belongs to Maven: another one is fetched, that one stays."""
    put(served)
    in_maven = put(tmp_path / "m2" / JAR.maven_path, BAD)
    assert resolve.resolve() == (cached(),)
    assert in_maven.read_bytes() == BAD


def test_no_network_and_no_cache() -> None:
    """The mend is the offline kit; a password in the mirror's address is not repeated."""
    with pytest.raises(JvmError) as error:
        resolve.resolve()
    text = error.value.text()
    assert JAR.coordinates in text
    assert "Connection refused" in text
    assert "DJLIFT_JARS=DIR" in text
    assert "secret" not in text


def test_a_repository_without_it(served: Path) -> None:
    """A repository that answers no is told from one that does not answer."""
    with pytest.raises(JvmError) as error:
        resolve.resolve()
    assert error.value.found == "the repository does not have it"


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    """The stamp that spares hashing is not fooled by a file whose times were set back."""
    put(cached())
    before = cached().stat()
    assert resolve.resolve() == (cached(),)
    cached().write_bytes(BAD)
    os.utime(cached(), ns=(before.st_atime_ns, before.st_mtime_ns))
    assert cached().stat().st_size == before.st_size
    assert resolve.mismatch(JAR, cached()) is not None


def test_a_file_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """160 MB are not read at each start."""
    put(cached())
    resolve.resolve()
    monkeypatch.setattr(files, "sha256", lambda file: pytest.fail("hashed again"))
    assert resolve.resolve() == (cached(),)


def test_a_shared_cache_can_be_read_by_others() -> None:
    """The stamps in it have the rights that any new file has."""
    put(cached())
    resolve.resolve()
    stamps = resolve.cache_directory() / "stamps"
    (new := stamps / "new").touch()
    assert len(list(stamps.iterdir())) == 2
    assert {file.stat().st_mode for file in stamps.iterdir()} == {new.stat().st_mode}


def test_a_cache_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Path
) -> None:
    """Jars that are there are used all the same; a download says what is wrong."""
    put(served)
    (tmp_path / "file").touch()
    monkeypatch.setenv("DJLIFT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(JvmError) as error:
        resolve.resolve()
    assert "DJLIFT_CACHE" in str(error.value.mend)
    in_maven = put(tmp_path / "m2" / JAR.maven_path)
    assert resolve.resolve() == (in_maven,)


def test_two_at_once(served: Path) -> None:
    """Processes that start together all get the jar, and one file is left."""
    put(served)
    got: list[Path] = []
    threads = [
        threading.Thread(target=lambda: got.extend(resolve.resolve()), daemon=True)
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert got == [cached()] * 8
    assert [file.name for file in cached().parent.iterdir()] == [JAR.file]


def test_the_bridge_jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One jar in the package, or the one that is named; else the mend."""
    folder = tmp_path / "package"
    folder.mkdir()
    monkeypatch.setattr(resolve, "BRIDGE_FOLDER", folder)
    with pytest.raises(JvmError, match="make bridge"):
        resolve.bridge_jar()
    for name in ("-0.1.0.jar", "-0.1.0-sources.jar", "-0.1.0-javadoc.jar"):
        put(folder / f"djlift-core{name}")
    assert resolve.bridge_jar() == folder / "djlift-core-0.1.0.jar"
    put(folder / "djlift-core-0.2.0.jar")
    with pytest.raises(JvmError, match="more than one"):
        resolve.bridge_jar()
    monkeypatch.setenv("DJLIFT_BRIDGE_JAR", str(tmp_path / "absent.jar"))
    with pytest.raises(JvmError, match=r"absent\.jar"):
        resolve.bridge_jar()
    named = put(tmp_path / "named.jar")
    monkeypatch.setenv("DJLIFT_BRIDGE_JAR", str(named))
    assert resolve.bridge_jar() == named
