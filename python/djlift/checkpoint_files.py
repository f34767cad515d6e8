"""The configuration of a checkpoint folder: read, and refused where the folder is no usable checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from djlift import weights
from djlift.errors import SourceError


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
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "modules.json"):
        if (folder / name).is_file():
            weights.refuse_pointer(folder / name)
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


def _kinds(folder: Path) -> list[str]:
    """The last names of the types that modules.json lists."""
    try:
        listed = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        return [str(entry["type"]).rpartition(".")[2] for entry in listed]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return []


def json_of(file: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        SourceError: It cannot be read, or is something else.
    """
    try:
        weights.refuse_pointer(file)
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as cause:
        raise SourceError(
            "a file of the checkpoint cannot be read",
            code="checkpoint-unreadable",
            file=file,
            expected="a JSON object in UTF-8, without a byte order mark",
            found=str(cause),
        ) from cause
    if not isinstance(data, dict):
        raise SourceError(
            "a file of the checkpoint is not what it should be",
            code="checkpoint-file",
            file=file,
            expected="a JSON object",
            found=type(data).__name__,
        )
    return data
