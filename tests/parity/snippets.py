"""Code that documentation shows, compiled and run as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import jpype

from djlift import archive as archives
from djlift import jvm
from djlift.jars import bridge_jar

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in a language."""
    return [code for name, code in _BLOCK.findall(page) if name == language]


def compiled(code: str, folder: Path) -> None:
    """Compile a class ``Use`` into a folder."""
    (folder / "Use.java").write_text(code, encoding="utf-8")
    jvm.start()
    compiler = jpype.JClass("javax.tools.ToolProvider").getSystemJavaCompiler()
    assert compiler is not None, "this Java has no compiler: a JDK is needed"
    arguments = ("-Xlint:all", "-Werror", "-cp", str(bridge_jar()), "-d", str(folder))
    failed = compiler.run(None, None, None, *arguments, str(folder / "Use.java"))
    assert failed == 0, code


def run_card(archive: Path, folder: Path, card: str | None = None) -> None:
    """Compile and run what the model card of an archive shows; it throws where the code does.

    Args:
        folder: For the source and the classes.
        card: In place of the archive's own.
    """
    if card is None:
        with archives.opened(archive) as found:
            card = (found.folder / "README.md").read_text(encoding="utf-8")
    (code,) = blocks(card, "java")
    name = re.search(r'Path\.of\("(.+?)"\)', code)
    assert name is not None and name[1] == archive.name
    # The JVM of this process stays in its folder.
    compiled(code.replace(name[1], str(archive)), folder)
    url = jpype.JClass("java.io.File")(str(folder)).toURI().toURL()
    parent = jpype.JClass("org.djlift.Archive").class_.getClassLoader()
    loader = jpype.JClass("java.net.URLClassLoader")([url], parent)
    use = loader.loadClass("Use")
    main = use.getMethod("main", jpype.JArray(jpype.JString).class_)
    arguments_of_main = jpype.JArray(jpype.JObject)([jpype.JArray(jpype.JString)([])])
    main.invoke(None, arguments_of_main)
