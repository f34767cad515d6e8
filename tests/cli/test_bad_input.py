"""Bad input: one clear error on stderr, exit code 2, nothing half-written. No JVM, no torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = {"architectures": ["BertForTokenClassification"], "model_type": "bert"}


def djlift(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, offline."""
    return subprocess.run(
        [sys.executable, "-m", "djlift.cli.main", *arguments],
        cwd=cwd,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "NO_COLOR": "1", "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def checkpoint(folder: Path, config: object = CONFIG, weights: str = "model.safetensors") -> Path:
    """A folder that looks like a checkpoint as far as it is examined before loading."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if weights:
        (folder / weights).write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ")
    return folder


def refused(run: subprocess.CompletedProcess[str], *words: str) -> None:
    """The run ended with exit code 2, an error in a few lines, and these words in it."""
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    assert run.stderr.count("error: ") == 1
    for word in words:
        assert word in run.stderr, f"{word!r} is not in:\n{run.stderr}"


def test_no_such_folder(tmp_path: Path) -> None:
    """A path that is not there is named, with what would be right."""
    run = djlift("build", "./nowhere", "--zoo", "zoo", cwd=tmp_path)
    refused(run, "./nowhere", "expected:", "hub id")
    assert not (tmp_path / "zoo").exists()


def test_a_hub_id_that_is_not_cached(tmp_path: Path) -> None:
    """Without a network and a cache the mend says how to get the files here."""
    run = djlift(
        "build", "no-such/model", "--zoo", "zoo", cwd=tmp_path, HF_HOME=str(tmp_path / "hf")
    )
    refused(run, "no-such/model", "mend:", "hf download")


def test_a_folder_without_config(tmp_path: Path) -> None:
    """A folder that is no checkpoint is refused with what was found in it."""
    (tmp_path / "empty").mkdir()
    refused(djlift("build", "./empty", "--zoo", "zoo", cwd=tmp_path), "config.json", "empty")


def test_an_unsupported_task(tmp_path: Path) -> None:
    """The architecture that was found is named."""
    checkpoint(tmp_path / "gpt", {"architectures": ["GPT2LMHeadModel"]})
    refused(djlift("build", "./gpt", "--zoo", "zoo", cwd=tmp_path), "GPT2LMHeadModel", "--task")


def test_an_unknown_task(tmp_path: Path) -> None:
    """--task takes what is supported, and says what that is."""
    checkpoint(tmp_path / "bert")
    run = djlift("build", "./bert", "--task", "summarization", "--zoo", "zoo", cwd=tmp_path)
    refused(run, "summarization", "token-classification")


def test_pickled_weights(tmp_path: Path) -> None:
    """A pickle is not read unasked."""
    checkpoint(tmp_path / "old", weights="pytorch_model.bin")
    run = djlift("build", "./old", "--zoo", "zoo", cwd=tmp_path)
    refused(run, "pytorch_model.bin", "--allow-pickle", "safetensors")


def test_remote_code(tmp_path: Path) -> None:
    """Code of the checkpoint is not run unasked."""
    checkpoint(tmp_path / "custom", {**CONFIG, "auto_map": {"AutoConfig": "code.Config"}})
    refused(djlift("build", "./custom", "--zoo", "zoo", cwd=tmp_path), "--trust-remote-code")


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("sources = ['x'", ["recipe.toml"]),
        ("sorces = ['x']", ["sorces", "sources"]),
        ("sources = 'x'", ["a list of strings"]),
        ("name = 'x'", ["names no source"]),
        ("sources = ['x']\nprecisions = ['int3']", ["int3", "fp16"]),
        ("sources = ['x']\nevaluation = 'absent.conll'", ["evaluation"]),
        ("sources = ['x']\nversion = 'next'", ["version", "next"]),
    ],
)
def test_a_recipe_with_a_mistake(tmp_path: Path, toml: str, words: list[str]) -> None:
    """The key, what it should be and what it is."""
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe" / "recipe.toml").write_text(toml, encoding="utf-8")
    refused(djlift("build", "./recipe", "--zoo", "zoo", cwd=tmp_path), *words)


@pytest.mark.parametrize("command", ["verify", "inspect", "predict"])
@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 not a zip"])
def test_an_archive_that_is_none(tmp_path: Path, command: str, content: bytes | None) -> None:
    """No file, an empty file and a corrupt zip: each command names the file."""
    if content is not None:
        (tmp_path / "model.zip").write_bytes(content)
    more = ["--input", "-"] if command == "predict" else []
    refused(djlift(command, "model.zip", *more, cwd=tmp_path), "model.zip", "expected:")


def test_an_unknown_option(tmp_path: Path) -> None:
    """A usage error is exit code 2 too."""
    run = djlift("verify", "--nonsense", cwd=tmp_path)
    assert run.returncode == 2
    assert "--nonsense" in run.stderr


def test_errors_as_json(tmp_path: Path) -> None:
    """With --json the error is data on stdout as well."""
    run = djlift("inspect", "absent.zip", "--json", cwd=tmp_path)
    refused(run, "absent.zip")
    data = json.loads(run.stdout)
    assert data["error"] == "ArchiveError"
    assert data["file"] == "absent.zip"


@pytest.mark.parametrize("command", ["build", "verify", "predict", "inspect", "doctor"])
def test_help_has_examples(tmp_path: Path, command: str) -> None:
    """--help shows how the command is called."""
    run = djlift(command, "--help", cwd=tmp_path)
    assert run.returncode == 0
    assert f"djlift {command} " in run.stdout
    assert "Example" in run.stdout


def test_version(tmp_path: Path) -> None:
    """--version prints one line."""
    run = djlift("--version", cwd=tmp_path)
    assert run.returncode == 0
    assert run.stdout.startswith("djlift ")


def test_what_cannot_be_measured(tmp_path: Path) -> None:
    """Each before a JVM starts: the side, the reference, the chart's name, the texts, the archive."""
    (tmp_path / "texts.txt").write_text("Anna met Tom.\n", encoding="utf-8")
    bench = ("bench", "no.zip", "--texts", "texts.txt")
    refused(
        djlift(*bench, "--against", "spark", cwd=tmp_path), "spark", "stock, torch, onnxruntime"
    )
    refused(djlift(*bench, "--against", "torch", cwd=tmp_path), "--reference SOURCE")
    refused(djlift(*bench, "--adapter", "lora", cwd=tmp_path), "--reference")
    refused(djlift(*bench, "--chart", "c.pdf", cwd=tmp_path), "c.pdf", ".svg", "chart-format")
    refused(djlift(*bench, "--device", "tpu", cwd=tmp_path), "cuda:0")
    refused(djlift(*bench, "--aggregation-strategy", "best", cwd=tmp_path), "average")
    refused(djlift("bench", "no.zip", "--texts", "none.txt", cwd=tmp_path), "none.txt")
    refused(djlift(*bench, cwd=tmp_path), "there is no archive")
    assert [p.name for p in tmp_path.iterdir()] == ["texts.txt"]
