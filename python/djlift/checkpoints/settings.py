"""The small files of a checkpoint folder: its configuration, and every other file of JSON.

They are read here alone. A folder that is no usable checkpoint is refused before anything large is read.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from djlift.checkpoints import weights
from djlift.errors import SourceError

_READ = (
    "*config*.json",
    "modules.json",
    # Tokenizers: of every class that transformers has.
    *("tokenizer.json", "*vocab*.*", "merges.txt", "*.model", "*.spm", "*.tiktoken", "*.tokenizer"),
    *(
        "added_tokens.json",
        "special_tokens_map.json",
        "tekken.json",
        "normalizer.json",
        "emoji.json",
    ),
    *("word_*.json", "byte_maps.json", "bpe.codes", "dict.txt", "chat_template.*"),
    # The archive's licence, and what the card states.
    *("README.md", "LICENSE", "LICENSE.txt", "LICENSE.md"),
)
"""Files beside the weights that are read, of a checkpoint, its modules and an adapter."""


def config_of(folder: Path, adapter: Path | None) -> dict[str, Any]:
    """The parsed config.json of a folder that is a whole checkpoint, and no adapter or quantised.

    Raises:
        SourceError: It is something else.
    """
    own = folder / "adapter_config.json"
    if own.is_file():
        # transformers would load the base that this file names, in place of what is here.
        base = json_of(own).get("base_model_name_or_path")
        raise SourceError(
            "the source is a PEFT adapter, not a checkpoint",
            code="adapter-as-source",
            file=own,
            expected="the checkpoint that it was trained over, and the adapter beside it",
            found=f"an adapter over '{base}'" if base else "an adapter that names no base",
            mend=f"djlift build {base or 'BASE'} --adapter {folder.name}, or remove"
            " adapter_config.json where the adapter is merged already",
        )
    config_file = folder / "config.json"
    if not (config_file.is_file() or config_file.is_symlink()):
        kinds = _kinds(folder)
        moved = sorted(f.parent.name for f in folder.glob("0_*/config.json"))
        if "StaticEmbedding" in kinds:
            raise SourceError(
                "the checkpoint is a table of static embeddings, not a transformer",
                code="static-embedding",
                file=folder / "modules.json",
                expected="a Transformer as the first module",
                found=", ".join(kinds),
            )
        if moved:
            raise SourceError(
                "the checkpoint's model is in a subfolder",
                code="modules-misplaced",
                file=folder / moved[0],
                expected="config.json, weights and tokenizer beside modules.json",
                found=f"{moved[0]}/config.json",
                mend=f"move the files of {moved[0]} up, and set its path in modules.json to ''",
            )
        raise SourceError(
            "the source is not a checkpoint",
            code="not-a-checkpoint",
            file=folder,
            expected="a folder with config.json, weights and a tokenizer, as save_pretrained writes it",
            found=weights.contents(folder),
        )
    config = json_of(config_file)
    if config.get("quantization_config"):
        method = config["quantization_config"]
        raise SourceError(
            "the checkpoint is quantised",
            code="quantised-checkpoint",
            file=config_file,
            expected="weights in fp32, fp16 or bf16, and no quantization_config",
            found=str(method.get("quant_method", method) if isinstance(method, dict) else method),
            mend="build from the checkpoint as it was before it was quantised, with --precision int8",
        )
    for each in (folder, *module_folders(folder), *([] if adapter is None else [adapter])):
        _refuse_pointers(each)
    if adapter is not None:
        if not (adapter / "adapter_config.json").is_file():
            raise SourceError(
                "the adapter is not one of PEFT",
                code="not-an-adapter",
                file=adapter,
                expected="a folder with adapter_config.json and adapter_model.safetensors",
                found=weights.contents(adapter),
            )
        json_of(adapter / "adapter_config.json")
    return config


def module_folders(folder: Path) -> tuple[Path, ...]:
    """The subfolders that ``modules.json`` names, those that are there: modules of sentence-transformers."""
    names = [entry.get("path") for entry in _modules(folder)]
    # One name, and no way out of the folder.
    good = [name for name in names if isinstance(name, str) and re.fullmatch(r"\w[\w.-]*", name)]
    return tuple(folder / name for name in dict.fromkeys(good) if (folder / name).is_dir())


def _refuse_pointers(folder: Path) -> None:
    """Refuse a folder in which a file that will be read is a pointer of Git LFS."""
    for file in sorted({file for pattern in _READ for file in folder.glob(pattern)}):
        if file.is_file():
            weights.refuse_pointer(file)


def _kinds(folder: Path) -> list[str]:
    """The last names of the types that modules.json lists."""
    return [str(entry.get("type")).rpartition(".")[2] for entry in _modules(folder)]


def _modules(folder: Path) -> list[dict[str, Any]]:
    """The objects that modules.json lists; whether all of it is right is for those who use it."""
    listed = _readable(folder / "modules.json")
    return (
        [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    )


def settings_of(file: Path) -> dict[str, Any]:
    """The JSON object in a file of settings; nothing where there is no such file.

    What is wrong with it is for the library that reads it to say.

    Raises:
        SourceError: It is a pointer of Git LFS.
    """
    found = _readable(file)
    return found if isinstance(found, dict) else {}


def _readable(file: Path) -> Any:
    """What a file of JSON holds; None where it cannot be read.

    Raises:
        SourceError: It is a pointer of Git LFS.
    """
    try:
        return read_json(file)
    except SourceError as problem:
        if problem.code == "git-lfs-pointer":
            raise
        return None


def json_of(file: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        SourceError: It cannot be read, or is something else.
    """
    data = read_json(file, "a JSON object")
    if not isinstance(data, dict):
        raise SourceError(
            "a file of the checkpoint is not what it should be",
            code="checkpoint-file",
            file=file,
            expected="a JSON object",
            found=type(data).__name__,
        )
    return data


def read_json(file: Path, expected: str = "JSON") -> Any:
    """What a file of JSON holds.

    Raises:
        SourceError: It cannot be read, or is a pointer of Git LFS.
    """
    try:
        weights.refuse_pointer(file)
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as cause:
        raise SourceError(
            "a file of the checkpoint cannot be read",
            code="checkpoint-unreadable",
            file=file,
            expected=f"{expected} in UTF-8, without a byte order mark",
            found=str(cause),
        ) from cause
