"""The layout of the Python half: the import rules catch faults, folders stay small, the page is current."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools.docs import layers
from tools.spark import parameters

LINES = 400
MODULES = 14


def test_the_page_shows_the_layers_of_the_rules() -> None:
    """The page is what the rules say."""
    page = layers.PAGE.read_text(encoding="utf-8")
    assert layers.page(page) == page, "run: python -m tools.docs.layers"


def test_accessors_and_pages_are_written_from_the_table_of_parameters() -> None:
    """What Java, PySpark and docs/spark.md say of a stage's parameters is what parameters.toml says."""
    for file, text in parameters.files().items():
        assert file.read_text(encoding="utf-8") == text, "run: python -m tools.spark.parameters"


@pytest.mark.parametrize(
    "folder", [layers.PACKAGE, *(p.parent for p in layers.PACKAGE.rglob("__init__.py"))], ids=str
)
def test_a_folder_has_no_more_modules_than_can_be_read(folder: Path) -> None:
    """A larger one has to be divided."""
    modules = [file for file in folder.glob("*.py") if file.name != "__init__.py"]
    assert len(modules) <= MODULES


def test_no_module_is_longer_than_can_be_read() -> None:
    """A longer one has to be divided, unless a tool wrote it."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in layers.PACKAGE.rglob("*.py")}
    by_hand = {
        name: text for name, text in texts.items() if "\nWritten by tools/" not in text[:400]
    }
    assert len(by_hand) > 100
    assert not {name for name, text in by_hand.items() if text.count("\n") > LINES}


@pytest.mark.parametrize(
    ("module", "line", "rule"),
    [
        ("base/files.py", "from djlift.archive import manifest", "Imports go down the layers"),
        ("errors.py", "from djlift.base import files", "Imports go down the layers"),
        ("new_package/__init__.py", "", "Imports go down the layers"),
        (
            "tasks/fill_mask.py",
            "from djlift.tasks import text_classification",
            "Tasks do not know one another",
        ),
        ("zoo/store.py", "from djlift.zoo import s3", "No circle of modules or packages"),
        ("zoo/store.py", "import jpype", "JPype only in jvm"),
        ("zoo/store.py", "import torch", "torch and transformers only in"),
        ("zoo/store.py", "import onnx", "ONNX only in"),
        ("parity/verify.py", "import fsspec", "Clients of object stores only in zoo"),
        ("parity/verify.py", "import typer", "typer only in cli"),
    ],
)
def test_an_import_that_is_not_allowed_is_named(
    tmp_path: Path, module: str, line: str, rule: str
) -> None:
    """The rule that it breaks is in what ``lint-imports`` prints."""
    shutil.copytree(layers.PACKAGE, tmp_path / "djlift", ignore=shutil.ignore_patterns("*.jar"))
    shutil.copy(layers.ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "djlift" / module
    planted.parent.mkdir(exist_ok=True)
    with planted.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    broken = [shown for shown in done.stdout.splitlines() if "BROKEN" in shown]
    assert [shown for shown in broken if rule in shown], done.stdout
