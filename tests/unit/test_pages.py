"""Python, commands and data that a page shows are right; Java and Scala are in tests/jvm/delivery."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import tomllib
import xml.etree.ElementTree
from collections.abc import Iterator, Sequence
from pathlib import Path

import mypy.api
import pytest
import typer
import yaml
from pyspark.ml.param import Param

from djlift import __version__, spark
from djlift.cli import main
from djlift.spark.stage import Stage
from tests.support.pages import PARSED, ROOT, Block, blocks, pages, shown

READERS = {
    "json": json.loads,
    "toml": tomllib.loads,
    "xml": xml.etree.ElementTree.fromstring,
    "yaml": yaml.safe_load,
}
COMMANDS = typer.main.get_command(main.app).commands


WRONG = """\
from djlift import spark as djlift_spark
from pyspark.sql import SparkSesion
import pyspark.ml.functons

stage = djlift_spark.TextEmbeddingTransformer(archive="a.zip", inputColumn="text")
stage.setOutputCol("vector")
stage.setOutputColumn("vector")
stage.transform(articles)
"""


def test_python_is_whole(tmp_path: Path) -> None:
    """One run for the pages and for what is planted: each fault is named, and nothing else."""
    faults = python_faults([*shown("python"), Block("planted.md", 10, "python", WRONG)], tmp_path)
    named = [
        "12: SparkSesion",
        "13: functons",
        "15: inputColumn",
        "17: setOutputColumn",
        "18: articles",
    ]
    assert len(faults) == len(named), faults
    for fault, name in zip(sorted(faults), named, strict=True):
        line, word = name.split(" ")
        assert fault.startswith(f"planted.md:{line}"), fault
        assert word in fault


@pytest.mark.parametrize("language", sorted(PARSED))
def test_data_is_well_formed(language: str) -> None:
    for block in shown(language):
        try:
            READERS[language](block.code)
        except (ValueError, SyntaxError, yaml.YAMLError) as why:
            pytest.fail(f"{block.page}:{block.line}: {why}")


def test_commands_exist() -> None:
    assert [fault for page, text in pages().items() for fault in command_faults(page, text)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_of_help_parse(name: str) -> None:
    lines = re.sub("^Examples?:", "", COMMANDS[name].epilog).split("\n\n")
    assert lines[0].strip().startswith(("djlift ", "cat "))
    assert [fault for line in lines for fault in line_faults(line.strip())] == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("$ djlift verfy model.zip", "'verfy'"),
        ("djlift build SOURCE [--adaptr DIR]", "--adaptr"),
        ('echo "a | b" | djlift predict model.zip --inptu -', "--inptu"),
        ("djlift diff old.zip new.zip other.zip", "other.zip"),
        ("djlift diff old.zip", "missing"),
        ("make tset    # all", "'tset'"),
        ("python -m tools.architectures.matrx --texts 3", "matrx"),
        ("pytest -s tests/unit/test_page.py", "test_page.py"),
    ],
)
def test_a_wrong_command_is_named_with_page_and_line(line: str, named: str) -> None:
    (fault,) = command_faults("page.md", f"# Title\n\n```\nmake test\n{line}\n```\n")
    assert fault.startswith("page.md:5: ")
    assert named in fault


@pytest.mark.parametrize(
    "span", ["djlift verify --trnslator stock", "verify\nMODEL --trnslator stock"]
)
def test_a_wrong_option_in_a_sentence_is_named_with_page_and_line(span: str) -> None:
    (fault,) = command_faults("page.md", f"# Title\n\n```\nmake test\n```\n\nSee `{span}`.\n")
    assert fault.startswith("page.md:7: ")
    assert "--trnslator" in fault


def test_packages_and_their_extras_exist() -> None:
    """djlift is on no index: nothing may tell the reader to install it by its name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for page, text in pages().items():
        extras = re.findall(r"(?:djlift|'\.|\.whl)\[([a-z0-9,]+)\]", text)
        assert set(",".join(extras).split(",")) <= {"", *project["optional-dependencies"]}, page
        of_java = re.findall(r"org\.djlift:djlift-[a-z_0-9.]+:([0-9.]+)", text)
        of_wheels = re.findall(r"djlift-([0-9.]+)-py3", text)
        assert {*of_java, *of_wheels} <= {__version__}, page
        assert re.findall(r"pip install '?djlift\b.*", text) == [], page


def test_tasks_of_gradle_exist() -> None:
    found = [*ROOT.glob("*.gradle"), *(ROOT / "jvm-bridge").rglob("*.gradle")]
    # Gradle's own folders are called .gradle.
    builds = [file for file in found if file.is_file()]
    text = "".join(file.read_text(encoding="utf-8") for file in builds)
    known = {"check", *re.findall(r"^ *(?:task|program)\(?[ '\"]*(\w+)", text, re.M)}
    asked = {
        task
        for page in pages().values()
        for task in re.findall(r"gradle (?:-\S+ )*(?::\w+:)?([a-z]\w+)", page)
    }
    assert len(asked) > 5
    assert asked <= known


@pytest.mark.parametrize(
    ("text", "at"),
    [("a\n```jav\n```\n", 2), ("- a\n  ```java\n  ```\n", 2), ("```java\nint a;\n", 1)],
)
def test_no_block_goes_unchecked(text: str, at: int) -> None:
    with pytest.raises(ValueError, match=rf"^page.md:{at}: "):
        list(blocks("page.md", text))


def python_faults(those: Sequence[Block], folder: Path) -> list[str]:
    """What mypy says of blocks, and what it cannot know of the stages of Spark ML."""
    pages = {}
    for number, block in enumerate(those):
        file = folder / f"block{number}.py"
        file.write_text("\n" * block.line + block.code, encoding="utf-8")
        pages[str(file)] = block.page
    options = ("--config-file=", f"--cache-dir={os.devnull}", "--follow-imports=silent")
    said, errors, _ = mypy.api.run(
        [*options, "--no-error-summary", "--disable-error-code=import-untyped", *pages]
    )
    assert errors == ""
    said = re.sub(r"^(.+?\.py)(?=:\d)", lambda at: pages[at[1]], said, flags=re.M)
    faults = [line for line in said.splitlines() if ": note: " not in line]
    return faults + [fault for block in those for fault in stage_faults(block)]


def stage_faults(block: Block) -> Iterator[str]:
    """Methods of stages that do not exist: a stage has any in the eyes of mypy."""
    stages: dict[str, type[Stage]] = {}
    for node in ast.walk(ast.parse(block.code)):
        at = f"{block.page}:{block.line + getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = getattr(spark, ast.unparse(node.value.func).rpartition(".")[2], None)
            if isinstance(made, type) and issubclass(made, Stage):
                stages[ast.unparse(node.targets[0])] = made
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in stages:
            made = stages[ast.unparse(node.value)]
            setting = re.sub("^[sg]et(.)", lambda first: first[1].lower(), node.attr)
            if not hasattr(made, node.attr) and not isinstance(getattr(made, setting, None), Param):
                yield f"{at}: {made.__name__} has no {node.attr!r}"


def command_faults(page: str, text: str) -> Iterator[str]:
    """The commands of a page that do not parse: of its blocks, and between backticks in its sentences."""
    sentences = text
    for block in blocks(page, text):
        sentences = sentences.replace(block.code, "\n" * block.code.count("\n"))
        lines = block.code.replace("\\\n", "  ").splitlines()
        if block.language in ("", "yaml"):
            for number, line in enumerate(lines, block.line + 1):
                yield from (f"{page}:{number}: {why}" for why in line_faults(line))
    for found in re.finditer(rf"`((?:djlift\s+[a-z]|(?:{'|'.join(COMMANDS)})\s)[^`]+)`", sentences):
        at = sentences.count("\n", 0, found.start()) + 1
        words = shlex.split(" ".join(found[1].split()))
        words = words[1:] if words[0] == "djlift" else words
        yield from (f"{page}:{at}: {why}" for why in faults_of(words, whole=False))


def line_faults(line: str) -> Iterator[str]:
    """What is wrong with the commands of a line."""
    line = re.sub(r"^(\s*- run: |\$ )", "", line)
    # A usage line: what is optional has to exist, too.
    line = re.sub(r" \[(-[^\]]*)\]", r" \1", line)
    if re.match(r"((echo|cat) .+\| )?(djlift|make|pytest|python) ", line):
        reader = shlex.shlex(line, posix=True, punctuation_chars="|;&")
        reader.whitespace_split = True
        words = list(reader)
        words = words[words.index("|") + 1 :] if "|" in words else words
        match words:
            case "djlift", *rest:
                yield from faults_of(rest)
            case "make", target, *_:
                if not re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M):
                    yield f"make has no target {target!r}"
            case "python", "-m", module, *_ if module.startswith(("tests.", "tools.")):
                if not (ROOT / (module.replace(".", "/") + ".py")).is_file():
                    yield f"there is no module {module!r}"
            case _, *rest:
                for path in (one for one in rest if one.endswith(".py")):
                    if not (ROOT / path).is_file():
                        yield f"there is no file {path!r}"


def faults_of(words: Sequence[str], *, whole: bool = True) -> Iterator[str]:
    """What the command line says of a command's words.

    Args:
        whole: Whether all that must be given has to be there.
    """
    name, *rest = words
    if name not in COMMANDS:
        yield f"djlift has no command {name!r}"
        return
    command = COMMANDS[name]
    context = command.context_class(command, info_name=name)
    valued = {
        opt for one in command.params if not getattr(one, "is_flag", True) for opt in one.opts
    }
    if not whole and rest and rest[-1] in valued:
        # A sentence may name an option without a value.
        rest.append("VALUE")
    try:
        given, more, _ = command.make_parser(context).parse_args(args=rest)
    except Exception as why:
        yield f"djlift {name}: {why}"
        return
    if more:
        yield f"djlift {name}: {more} is too much"
    for one in command.params:
        if whole and one.required and not given.get(one.name):
            yield f"djlift {name}: {one.name} is missing"
