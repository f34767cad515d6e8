"""Recipes: what a recipe.toml may say, and how a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.checkpoints.recipe import FILE, PRECISIONS, Recipe
from djlift.errors import UsageError

FULL = """\
sources = ["models/base", "package:some-model/inner", "acme/ner"]
revision = "main"
adapter = "adapter"
labels = ["O", "B-PER"]
precisions = ["fp32", "fp16"]
name = "demo-ner"
group = "com.example.nlp"
version = "2.1"
task = "token-classification"
aggregation_strategy = "first"
texts = "more.txt"
evaluation = "test.conll"
card = "card.md"
licence = "apache-2.0"

[sha256]
"model.safetensors" = "abc"
"""


def a_recipe(folder: Path, text: str) -> Path:
    """A recipe folder with everything that :data:`FULL` names."""
    for name in ("models/base", "adapter"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("more.txt", "test.conll", "card.md"):
        (folder / name).write_text("x\n", encoding="utf-8")
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, text: str) -> UsageError:
    """Reading the recipe fails with a usage error that ends the program with exit code 2."""
    with pytest.raises(UsageError) as raised:
        Recipe.read(a_recipe(folder, text))
    assert raised.value.exit_code == 2
    return raised.value


def test_everything(tmp_path: Path) -> None:
    """Every key of a recipe arrives; paths are relative to its folder, hub ids are left alone."""
    recipe = Recipe.read(a_recipe(tmp_path, FULL))
    assert recipe == Recipe(
        sources=(str(tmp_path / "models/base"), "package:some-model/inner", "acme/ner"),
        revision="main",
        adapter=str(tmp_path / "adapter"),
        labels=("O", "B-PER"),
        sha256={"model.safetensors": "abc"},
        precisions=("fp32", "fp16"),
        name="demo-ner",
        group="com.example.nlp",
        version="2.1",
        task="token-classification",
        aggregation_strategy="first",
        texts=tmp_path / "more.txt",
        evaluation=tmp_path / "test.conll",
        card=tmp_path / "card.md",
        licence="apache-2.0",
    )


def test_defaults(tmp_path: Path) -> None:
    """A recipe needs nothing but a source."""
    recipe = Recipe.read(a_recipe(tmp_path, 'sources = ["acme/ner"]'))
    assert recipe == Recipe(sources=("acme/ner",))
    assert (recipe.precisions, recipe.version) == (("fp32",), "1.0.0")


def test_hub_adapter_is_left_alone(tmp_path: Path) -> None:
    """An adapter that is no folder beside the recipe is a hub id."""
    recipe = Recipe.read(a_recipe(tmp_path, 'sources = ["a/b"]\nadapter = "acme/lora"'))
    assert recipe.adapter == "acme/lora"


def test_options_win() -> None:
    """What the command line gives replaces the recipe's; an option that is None changes nothing."""
    recipe = Recipe(sources=("a/b",), name="one", version="1.0")
    changed = recipe.with_options(name="two", version=None, precisions=("fp16",))
    assert (changed.name, changed.version, changed.precisions) == ("two", "1.0", ("fp16",))
    with pytest.raises(UsageError):
        recipe.with_options(version="latest")


def test_recipes_of_the_model_zoo() -> None:
    """Every recipe that this project ships can be read."""
    recipes = sorted((Path(__file__).parents[3] / "model-zoo").glob(f"*/{FILE}"))
    assert recipes
    for file in recipes:
        assert Recipe.read(file.parent).sources


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("surprise = 1", "'surprise'"),
        ("precision = 'fp16'", "'precision'"),
        ("revision = 1", "'revision'"),
        ("labels = 'O'", "'labels'"),
        ("labels = [1]", "'labels'"),
        ("precisions = 'fp32'", "'precisions'"),
        ("sha256 = 'abc'", "'sha256'"),
        ("sha256 = {a = 1}", "'sha256'"),
        ("version = 1.0", "'version'"),
        ("texts = ['a']", "'texts'"),
        ("texts = 'absent.txt'", "'texts'"),
        ("evaluation = 'models'", "'evaluation'"),
        ("card = 'absent.md'", "'card'"),
    ],
)
def test_wrong_key(tmp_path: Path, line: str, expected: str) -> None:
    """A key that is unknown, of another kind or names no file is told with the recipe's file."""
    error = refused(tmp_path, f'sources = ["a/b"]\n{line}\n')
    assert expected in error.what
    assert error.file == str(tmp_path / FILE)


@pytest.mark.parametrize(
    "text",
    ["", "sources = []", "sources = 'a/b'", "sources = [1]", "sources = [", 'name = "x"', "\0"],
)
def test_no_usable_source(tmp_path: Path, text: str) -> None:
    """A recipe without a list of sources, or that is no TOML, is refused with its file."""
    assert refused(tmp_path, text).file == str(tmp_path / FILE)


def test_not_there_and_not_utf8(tmp_path: Path) -> None:
    """An absent recipe, and one that is not UTF-8, are named."""
    with pytest.raises(UsageError) as raised:
        Recipe.read(tmp_path)
    assert raised.value.file == str(tmp_path / FILE)
    (tmp_path / FILE).write_bytes(b'sources = ["\xff"]')
    with pytest.raises(UsageError):
        Recipe.read(tmp_path)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "-x", "a b", "a\n", "é", "x" * 129, "C:x"]
)
def test_names_that_are_no_names(name: str) -> None:
    """A name becomes a file name, so it holds letters, digits and . _ - only."""
    with pytest.raises(UsageError) as raised:
        Recipe(sources=("a/b",), name=name)
    assert "'name'" in raised.value.what


@pytest.mark.parametrize("group", ["", ".", "a..b", ".a", "a.", "a/b", "../a", "a b", "a\n"])
def test_groups_that_are_no_groups(group: str) -> None:
    """A group becomes folders, so it is made of plain parts between dots."""
    with pytest.raises(UsageError):
        Recipe(sources=("a/b",), group=group)


@pytest.mark.parametrize(
    "version",
    ["", "v1", "1.0-SNAPSHOT", "1.", ".1", "1..2", "1.2.3.4.5", "../1", "1\n", "١.٠", "-1"],
)
def test_versions_that_are_no_versions(version: str) -> None:
    """A version is one to four numbers between dots, in the digits that Java parses."""
    with pytest.raises(UsageError):
        Recipe(sources=("a/b",), version=version)


@pytest.mark.parametrize("precisions", [(), ("fp8",), ("fp32", "fp32"), ("FP32",)])
def test_precisions_that_cannot_be(precisions: tuple[str, ...]) -> None:
    """Each precision is a known one and named once."""
    with pytest.raises(UsageError) as raised:
        Recipe(sources=("a/b",), precisions=precisions)
    assert raised.value.expected == ", ".join(PRECISIONS)
