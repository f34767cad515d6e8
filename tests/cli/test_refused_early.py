"""What can be known first is refused first: before a checkpoint is read, torch loaded or a JVM started."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from djlift.checkpoints.recipe import Recipe, precisions_of
from djlift.cli.main import app
from djlift.errors import DjliftError, JvmError
from djlift.jars import java_home, maven, resolve
from djlift.jvm import options as jvm_options
from tests.cli.test_bad_input import checkpoint
from tests.support.builders import a_manifest, an_archive

CLASSIFIER = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "id2label": {"0": "bad", "1": "good"},
}


def refusal(*arguments: str) -> DjliftError:
    """What a command refuses, in this process and the working directory."""
    found = CliRunner().invoke(app, arguments)
    assert isinstance(found.exception, DjliftError), found
    assert found.exception.exit_code == 2
    return found.exception


def code(*arguments: str) -> str:
    """Its code."""
    return refusal(*arguments).code


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of a command are relative to the test's folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def general(tmp_path: Path) -> str:
    """An archive of another task than token classification, as far as it is read before a JVM starts."""
    an_archive(
        tmp_path / "mood.zip",
        task="text-classification",
        model={**a_manifest().model, "parameters": {"top_k": 1}},
    )
    return "mood.zip"


@pytest.mark.parametrize("place", ["/proc/nowhere/zoo", "taken/zoo"])
def test_a_zoo_that_cannot_be_written(tmp_path: Path, place: str) -> None:
    """Known before the checkpoint is looked for."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    assert code("build", "./absent", "--zoo", place) == "output-unwritable"


@pytest.mark.parametrize("option", ["--html", "--junit", "--keep"])
@pytest.mark.parametrize(
    "place", ["/proc/report.jsonl", "no-folder/report.jsonl", ".", "/dev/null"]
)
def test_a_report_that_cannot_be_written(option: str, place: str) -> None:
    """Known before the archive is read; a folder that is missing is not a disk that is full."""
    found = refusal("verify", "absent.zip", option, place)
    assert found.code == "output-unwritable"
    assert "free" not in str(found.mend)


@pytest.mark.parametrize(
    "command",
    [
        ("predict", "absent.zip", "--input", "-", "--output", "no/out"),
        ("calibrate", "absent.zip", "--texts", "t", "--output", "/proc/no/out"),
        ("bench", "absent.zip", "--texts", "t", "--chart", "no/chart.svg"),
        ("sign", "absent.zip", "--key", "k", "--out", "no/sig"),
    ],
    ids=lambda command: command[0],
)
def test_an_output_that_cannot_be_written(command: tuple[str, ...]) -> None:
    """In every command that writes one."""
    assert code(*command) == "output-unwritable"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--aggregation-strategy", "first"), "option-for-another-task"),
        (("--eval", "labelled.conll"), "option-for-another-task"),
        (("-p", "topk=3"), "unknown-parameter"),
        (("-p", "top_k=many"), "parameter-value"),
        (("--revision", "main"), "option-without-effect"),
    ],
)
@pytest.mark.parametrize("task", [(), ("--task", "text-classification")])
def test_options_of_a_build_that_would_do_nothing(
    tmp_path: Path, options: tuple[str, ...], expected: str, task: tuple[str, ...]
) -> None:
    """Whether the task is asked for or read from the checkpoint."""
    checkpoint(tmp_path / "mood", CLASSIFIER)
    (tmp_path / "labelled.conll").write_text("Ada B-PER\n", encoding="utf-8")
    assert code("build", "./mood", "--zoo", "zoo", *task, *options) == expected
    assert not (tmp_path / "zoo").exists()


def test_parameters_of_a_token_classifier_do_nothing(tmp_path: Path) -> None:
    """Its option is another."""
    checkpoint(tmp_path / "bert")
    found = code("build", "./bert", "--zoo", "zoo", "-p", "top_k=3")
    assert found == "option-for-another-task"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("verify", "mood.zip", "--eval", "labelled.conll"), "option-for-another-task"),
        (("verify", "mood.zip", "--reference", "./mood"), "option-without-effect"),
        (("bench", "mood.zip", "--texts", "t.txt", "--batch", "8"), "option-without-effect"),
        (
            (
                "bench",
                "mood.zip",
                "--texts",
                "t.txt",
                "--reference",
                "./mood",
                "--against",
                "stock",
            ),
            "option-without-effect",
        ),
        (("doctor", "--gpu"), "option-without-effect"),
        (("doctor", "--fetch", "kit", "--java-home", "."), "options-together"),
        (
            ("verify", "mood.zip", "--translator", "stock", "--reference", "./mood"),
            "option-without-effect",
        ),
        (("publish", "mood.zip"), "publish-without-zoo"),
        (("publish", "./zoo", "mood.zip"), "publish-without-zoo"),
    ],
)
def test_options_that_would_do_nothing(
    tmp_path: Path, general: str, command: tuple[str, ...], expected: str
) -> None:
    """In the other commands."""
    (tmp_path / "labelled.conll").write_text("Ada B-PER\n", encoding="utf-8")
    (tmp_path / "t.txt").write_text("Fine.\n", encoding="utf-8")
    assert code(*command) == expected


@pytest.mark.parametrize(
    ("given", "meant"), [("float16", "fp16"), ("half16", "fp16"), ("int-8", "int8"), ("fp23", "fp")]
)
def test_a_precision_that_is_none(given: str, meant: str) -> None:
    """The one that was meant is named."""
    found = refusal("build", "./x", "--precision", given)
    assert found.code == "unknown-precision"
    assert f"did you mean '{meant}" in str(found.mend)


def test_keys_and_names_that_are_nearly_right(tmp_path: Path) -> None:
    """A key of a recipe, the name of a parameter, Python's word for a value of JSON."""
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe" / "recipe.toml").write_text("sorces = ['x']", encoding="utf-8")
    assert "'sources'" in str(refusal("build", "./recipe").mend)
    checkpoint(tmp_path / "mood", CLASSIFIER)
    for given, meant in (("top-k=3", "'top_k'"), ("top_k=None", "null")):
        assert meant in str(refusal("build", "./mood", "-p", given).mend)


@pytest.mark.parametrize("address", ["s3:/bucket/zoo", "s3:bucket/zoo", "gs:/bucket"])
@pytest.mark.parametrize("command", [("list",), ("yank",)])
def test_an_address_that_lacks_a_slash(
    tmp_path: Path, command: tuple[str, ...], address: str
) -> None:
    """No folder named ``s3:`` is looked for, or made."""
    more = ["x/1.0.0"] if command == ("yank",) else []
    assert code(*command, address, *more) == "zoo-address"
    assert not list(tmp_path.iterdir())


def test_no_index_is_asked_for_djlift() -> None:
    """The name is on none, so that somebody else may take it."""
    package = Path(__file__).parents[2] / "python" / "djlift"
    for file in package.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for wrong in ("pip install djlift", "pip install 'djlift[", "--upgrade djlift"):
            assert wrong not in text, file


@pytest.mark.parametrize("given", [["FP16"], ["fp32,fp16"], ["fp32, Int8", "fp16"]])
def test_forms_of_precisions_that_are_taken(given: list[str]) -> None:
    """In either case, and several in one."""
    said = ",".join(given).lower().replace(" ", "").split(",")
    assert precisions_of(given) == tuple(said)


def test_paths_of_a_recipe_and_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``~`` is the home there, too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("recipe", "base"):
        (tmp_path / name).mkdir()
    (tmp_path / "texts").write_text("Ada\n", encoding="utf-8")
    said = "sources = ['~/base']\nadapter = '~/base'\ntexts = '~/texts'\n"
    (tmp_path / "recipe" / "recipe.toml").write_text(said, encoding="utf-8")
    read = Recipe.read(tmp_path / "recipe")
    assert (read.sources, read.adapter) == ((str(tmp_path / "base"),), str(tmp_path / "base"))
    assert read.texts == tmp_path / "texts"
    monkeypatch.setenv("M2_REPO", "~/m2")
    assert maven.local_repository() == tmp_path / "m2"
    monkeypatch.setenv("DJLIFT_BRIDGE_JAR", "~/texts")
    assert resolve.bridge_jar() == tmp_path / "texts"


def test_a_folder_of_djls_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """DJL would end in an error about a library."""
    monkeypatch.setenv("DJL_CACHE_DIR", "/proc/djl")
    with pytest.raises(JvmError) as raised:
        jvm_options.options(java_home.find(), ())
    assert raised.value.code == "djl-cache-unwritable"


def test_a_stride_wider_than_a_window(tmp_path: Path) -> None:
    """Known before a JVM starts."""
    model = {**a_manifest().model, "max_length": 512}
    an_archive(tmp_path / "ner.zip", model=model)
    (tmp_path / "t.txt").write_text("Ada\n", encoding="utf-8")
    said = ("predict", "ner.zip", "--input", "t.txt", "--stride", "600")
    assert code(*said) == "stride-too-large"


def test_a_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of jars that are nowhere the error names the variable; DJL gets a folder of this process alone."""
    for name in ("DJLIFT_CACHE", "DJLIFT_JARS", "XDG_CACHE_HOME", "DJL_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/proc/nobody")
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    with pytest.raises(JvmError) as raised:
        resolve.resolve()
    assert raised.value.code == "jar-cache-unwritable"
    assert "DJLIFT_CACHE=DIR" in str(raised.value.mend)
    (given,) = [o for o in jvm_options.options(java_home.find(), ()) if "DJL_CACHE_DIR" in o]
    assert Path(given.partition("=")[2]).is_dir() and "/proc" not in given
