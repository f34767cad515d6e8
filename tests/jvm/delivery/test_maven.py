"""The jars as others get them: from a Maven folder, by coordinates, without the source tree."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[3]
ARCHIVE = ROOT / "jvm-bridge/core/src/test/resources/tiny-archive"
ARTIFACTS = {
    "djlift-core": "TokenClassifier.java",
    "djlift-scala_2.12": "scaladsl/Entity.scala",
    "djlift-scala_2.13": "scaladsl/Entity.scala",
    "djlift-scala_3": "scaladsl/Entity.scala",
    "djlift-spark": "spark/TokenClassificationTransformer.java",
}
"""With a source of each."""
_BUILD = """
apply plugin: 'java'
repositories {
    maven { url = uri('MAVEN') }
    mavenCentral()
}
dependencies {
    compileOnly 'org.djlift:djlift-scala_2.13:0.1.0'
    runtimeOnly 'org.djlift:djlift-scala_2.13:0.1.0'
}
task printPath(dependsOn: classes) {
    doLast { println(sourceSets.main.runtimeClasspath.asPath) }
}
"""
_MAIN = """
import java.nio.file.Path;
import java.nio.file.Paths;
import org.djlift.scaladsl.TokenClassifier;

public class Main {
    public static void main(String[] args) {
        Path archive = Paths.get(args[0]);
        TokenClassifier ner = (TokenClassifier) TokenClassifier.load(archive, TokenClassifier.load$default$2());
        System.out.println(ner.labels().size() + " labels");
        ner.close();
    }
}
"""


_MODULE = """
module app {
    requires org.djlift.core;
}
"""
_MAIN_OF_A_MODULE = """
package app;

import org.djlift.TokenClassifier;
import org.djlift.data.Entity;

import java.nio.file.Path;
import java.util.List;

public class Main {
    public static void main(String[] args) throws Exception {
        try (TokenClassifier ner = TokenClassifier.builder(Path.of(args[0])).selfTest(true).build()) {
            List<Entity> found = ner.classify("Ada met Tom in Paris.");
            System.out.println(found.isEmpty() + " in " + TokenClassifier.class.getModule());
        }
    }
}
"""


def _gradle(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [str(ROOT / "jvm-bridge/gradle"), "--quiet", *arguments]
        if folder == ROOT
        else ["gradle", "--quiet", "--console=plain", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What ``gradle publish`` writes."""
    folder = tmp_path_factory.mktemp("maven")
    # A page of a class that was there when the documentation was last made.
    page = ROOT / "jvm-bridge/spark/build/docs/javadoc/org/djlift/spark/Gone.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.touch()
    _gradle("publish", f"-PmavenFolder={folder}", folder=ROOT)
    yield folder


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_each_artifact_is_whole(maven: Path, artifact: str) -> None:
    """Jar, sources, documentation and POM, each with its checksums."""
    folder = maven / "org/djlift" / artifact / "0.1.0"
    ends = (".jar", "-sources.jar", "-javadoc.jar", ".pom")
    files = {f"{artifact}-0.1.0{end}" for end in ends}
    assert {p.name for p in folder.iterdir()} == {
        f"{name}{end}" for name in files for end in ("", ".sha1", ".sha256")
    }
    for name in files:
        data = (folder / name).read_bytes()
        assert (folder / f"{name}.sha256").read_text() == hashlib.sha256(data).hexdigest()
        assert (folder / f"{name}.sha1").read_text() == hashlib.sha1(data).hexdigest()
    wanted, kind = f"org/djlift/{ARTIFACTS[artifact]}".split(".")
    for end, last in {
        ".jar": ".class",
        "-sources.jar": f".{kind}",
        "-javadoc.jar": ".html",
    }.items():
        with ZipFile(folder / f"{artifact}-0.1.0{end}") as jar:
            assert wanted + last in jar.namelist(), end
            assert not [name for name in jar.namelist() if name.endswith("/Gone.html")], end


def test_poms_name_what_is_needed(maven: Path) -> None:
    """Nothing that is of the tests, and nothing without a version."""
    found = {}
    for artifact in ARTIFACTS:
        root = ElementTree.parse(maven / f"org/djlift/{artifact}/0.1.0/{artifact}-0.1.0.pom")
        space = {"m": "http://maven.apache.org/POM/4.0.0"}
        found[artifact] = [
            tuple(one.findtext(f"m:{part}", namespaces=space) for part in ("artifactId", "scope"))
            for one in root.findall("m:dependencies/m:dependency", space)
        ]
        assert root.findtext("m:version", namespaces=space) == "0.1.0"
        versions = root.findall("m:dependencies/m:dependency/m:version", space)
        assert len(versions) == len(found[artifact])
    core = ("jspecify", "api", "onnxruntime-engine", "tokenizers")
    assert found["djlift-core"] == [(name, "compile") for name in core]
    # It holds djlift-core and DJL, with a Gson that meets no other.
    assert [name for name, _ in found["djlift-spark"]] == [
        "commons-codec",
        "commons-compress",
        "commons-io",
        "jna",
        "onnxruntime",
    ]
    assert found["djlift-scala_3"] == [("djlift-core", "compile"), ("scala3-library_3", "compile")]


def test_a_program_gets_all_it_needs_by_coordinates(maven: Path, tmp_path: Path) -> None:
    """Compiled and run with nothing but the Maven folder and Maven Central."""
    (tmp_path / "src/main/java").mkdir(parents=True)
    (tmp_path / "src/main/java/Main.java").write_text(_MAIN)
    (tmp_path / "settings.gradle").write_text("rootProject.name = 'consumer'\n")
    (tmp_path / "build.gradle").write_text(_BUILD.replace("MAVEN", maven.as_uri()))
    path = _gradle("printPath", folder=tmp_path).strip().splitlines()[-1]
    assert str(ROOT / "jvm-bridge") not in path
    assert any(Path(p).name == "djlift-core-0.1.0.jar" for p in path.split(os.pathsep))
    done = subprocess.run(
        ["java", "-cp", path, "Main", str(ARCHIVE)], capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith(" labels\n"), done.stderr


def _javac(path: str, folder: Path, main: str) -> subprocess.CompletedProcess[str]:
    """Compile a program that is a module."""
    (folder / "app").mkdir(parents=True)
    (folder / "module-info.java").write_text(_MODULE)
    (folder / "app/Main.java").write_text(main)
    command = [
        "javac",
        "--release",
        "11",
        "-Xlint:all",
        "-Werror",
        "-p",
        path,
        "-d",
        str(folder / "out"),
    ]
    sources = [str(folder / name) for name in ("module-info.java", "app/Main.java")]
    return subprocess.run([*command, *sources], capture_output=True, text=True, check=False)


def test_a_program_may_be_a_module(maven: Path, tmp_path: Path) -> None:
    """On the module path it gets what is exported and nothing else; an archive proves itself there."""
    (tmp_path / "settings.gradle").write_text("rootProject.name = 'consumer'\n")
    (tmp_path / "build.gradle").write_text(
        _BUILD.replace("MAVEN", maven.as_uri()).replace("djlift-scala_2.13", "djlift-core")
    )
    path = _gradle("printPath", folder=tmp_path).strip().splitlines()[-1]
    path = os.pathsep.join(p for p in path.split(os.pathsep) if p.endswith(".jar"))
    compiled = _javac(path, tmp_path / "good", _MAIN_OF_A_MODULE)
    assert compiled.returncode == 0, compiled.stderr
    done = subprocess.run(
        [
            "java",
            "-p",
            f"{tmp_path / 'good/out'}{os.pathsep}{path}",
            "-m",
            "app/app.Main",
            str(ARCHIVE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "false in module org.djlift.core\n", done.stderr
    closed = _MAIN_OF_A_MODULE.replace("org.djlift.data.Entity", "org.djlift.internal.engine.Trace")
    refused = _javac(path, tmp_path / "bad", closed)
    assert refused.returncode != 0
    assert "package org.djlift.internal.engine is not visible" in refused.stderr
