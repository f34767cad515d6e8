"""Code that documentation shows, compiled and run as it is printed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import jpype
import pyspark

from djlift.archive import container as archives
from djlift.jars import java_home, resolve
from djlift.jvm import process
from tests.support.pages import ROOT, Block, blocks, java_file, scala_file

# Of jars that the class path has for others; what is left is warned of.
_LINT = ("-Xlint:all,-path,-classfile", "-proc:none", "--release", "11")
_SCALA = ("-Wunused:imports", "-Xlint:-unused", "-deprecation", "-feature", "-Ystop-after:patmat")
_SCALA_LINE = re.compile(r"^(.+\.scala):(\d+): (?:error|warning): (.+)$", re.M)


def java_faults(shown: Sequence[Block], folder: Path) -> list[str]:
    """What one run of javac says of blocks, a line each with the page and the line there.

    Args:
        folder: For the sources and the classes; those of the first block are in the package ``block0``.
    """
    pages = {}
    for number, block in enumerate(shown):
        name, text = java_file(block, f"block{number}")
        file = folder / f"block{number}" / f"{name}.java"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        pages[str(file)] = block.page
    process.start()
    compiler = jpype.JClass("javax.tools.ToolProvider").getSystemJavaCompiler()
    assert compiler is not None, "this Java has no compiler: a JDK is needed"
    said = jpype.JClass("javax.tools.DiagnosticCollector")()
    utf8 = jpype.JClass("java.nio.charset.StandardCharsets").UTF_8
    files = compiler.getStandardFileManager(said, None, utf8)
    as_list = jpype.JClass("java.util.Arrays").asList
    options = as_list([*_LINT, "-cp", _path(shown), "-d", str(folder)])
    sources = files.getJavaFileObjectsFromStrings(as_list(list(pages)))
    held = compiler.getTask(None, files, said, options, None, sources).call()
    faults = []
    for one in said.getDiagnostics():
        source = one.getSource()
        page = "javac" if source is None else pages[str(source.getName())]
        if str(one.getKind()) not in ("NOTE", "OTHER"):
            message = " ".join(str(one.getMessage(None)).split())
            faults.append(f"{page}:{one.getLineNumber()}: {message}")
    assert held or faults
    return faults


def scala_faults(shown: Sequence[Block], folder: Path) -> list[str]:
    """What one run of scalac, PySpark's own, says of blocks, beside the sources of ``djlift-scala``."""
    pages = {}
    for number, block in enumerate(shown):
        file = folder / f"Block{number}.scala"
        file.write_text(scala_file(block, f"block{number}"), encoding="utf-8")
        pages[str(file)] = block.page
    own = any("org.djlift.scaladsl" in block.code for block in shown)
    api = [*map(str, (ROOT / "jvm-bridge/scala/src/main").rglob("*.scala"))] if own else []
    flags = ("-Xss4m", "-XX:TieredStopAtLevel=1")
    java = [java_home.find().program, *flags, "-cp", _spark("scala-*.jar"), "scala.tools.nsc.Main"]
    path = _path(shown) + os.pathsep + _spark("scala-library-*.jar")
    options = [*_SCALA, "-d", str(folder), "-cp", path]
    ran = subprocess.run(
        [*java, *options, *api, *pages], capture_output=True, text=True, check=False
    )
    faults = [
        f"{pages.get(file, file)}:{line}: {message}"
        for file, line, message in _SCALA_LINE.findall(ran.stdout + ran.stderr)
    ]
    assert faults or ran.returncode == 0, ran.stdout + ran.stderr
    return faults


def _path(shown: Sequence[Block]) -> str:
    """djlift's jar and DJL's; and Spark's hundreds where they are needed."""
    path = [*map(str, (resolve.bridge_jar(), *resolve.resolve()))]
    if any(".spark" in block.code for block in shown):
        path += [str(resolve.stage_jar()), _spark("*.jar")]
    return os.pathsep.join(path)


def _spark(pattern: str) -> str:
    found = sorted((Path(pyspark.__path__[0]) / "jars").glob(pattern))
    return os.pathsep.join(map(str, found))


def run_card(archive: Path, folder: Path, card: str | None = None) -> None:
    """Compile and run what the model card of an archive shows; it throws where the code does.

    Args:
        folder: For the source and the classes.
        card: In place of the archive's own.
    """
    if card is None:
        with archives.opened(archive) as found:
            card = (found.folder / "README.md").read_text(encoding="utf-8")
    (block,) = [one for one in blocks("README.md", card) if one.language == "java"]
    name = re.search(r'Path\.of\("(.+?)"\)', block.code)
    assert name is not None and name[1] == archive.name
    # The JVM of this process stays in its folder.
    whole = block._replace(code=block.code.replace(name[1], str(archive)))
    assert java_faults([whole], folder) == []
    url = jpype.JClass("java.io.File")(str(folder)).toURI().toURL()
    parent = jpype.JClass("org.djlift.Archive").class_.getClassLoader()
    loader = jpype.JClass("java.net.URLClassLoader")([url], parent)
    use = loader.loadClass("block0.Use")
    main = use.getMethod("main", jpype.JArray(jpype.JString).class_)
    arguments_of_main = jpype.JArray(jpype.JObject)([jpype.JArray(jpype.JString)([])])
    main.invoke(None, arguments_of_main)
