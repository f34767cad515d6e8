"""The weight files of a checkpoint: which of them are loaded, their hashes, and whether they are whole.

The choice is the loaders' own: safetensors for each part that has them, pickles where the user allows them. A
file is examined by its header, without torch.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from djlift.base.files import LFS_PULL, is_pointer, sha256
from djlift.errors import SourceError

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_HEADER_LIMIT = 100 << 20
_BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "BOOL": 8}
_SHARD = re.compile(r".+-\d+-of-\d+\.safetensors")
_FOREIGN = {
    ".gguf": "GGUF",
    ".h5": "TensorFlow",
    ".msgpack": "Flax",
    ".onnx": "ONNX",
    ".ot": "rust-bert",
    ".tflite": "TensorFlow Lite",
    ".npz": "NumPy",
}


def of_model(folder: Path, config: Mapping[str, Any], allow_pickle: bool) -> dict[str, str]:
    """SHA-256 of each weight file that transformers may load from a checkpoint, by name.

    Raises:
        SourceError: There is none, one is missing, cut off or quantised, or all are pickled.
    """
    named = config.get("transformers_weights")
    if named is not None:
        raise SourceError(
            "the configuration names a weight file of its own",
            code="weights-renamed",
            file=folder / "config.json",
            expected="model.safetensors, or its index, and no transformers_weights",
            found=str(named),
            mend="load and save the checkpoint with save_pretrained",
        )
    whole, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if _there(whole) or _there(index):
        files = sorted(folder.glob("*.safetensors"))
        if not _there(whole):
            _refuse_missing_shards(index)
    else:
        files = pickles(folder, "model", allow_pickle)
    return hashes(files)


def of_adapter(folder: Path, allow_pickle: bool) -> dict[str, str]:
    """SHA-256 of each weight file that PEFT may load from an adapter, by name.

    Raises:
        SourceError: There is none, it is cut off, or all are pickled.
    """
    if _there(folder / "adapter_model.safetensors"):
        return hashes(sorted(folder.glob("*.safetensors")))
    return hashes(pickles(folder, "adapter_model", allow_pickle))


def of_module(folder: Path, allow_pickle: bool) -> dict[str, str]:
    """The same of a module of sentence-transformers; nothing where it has no weights that may be read.

    Raises:
        SourceError: A file is cut off.
    """
    if _there(folder / "model.safetensors"):
        return hashes(sorted(folder.glob("*.safetensors")))
    return hashes(_pickled(folder)) if allow_pickle else {}


def pickles(folder: Path, stem: str, allowed: bool) -> list[Path]:
    """The pickled weights of a folder that has no safetensors which its loader would take.

    Raises:
        SourceError: There are none, or the user does not allow them.
    """
    found = _pickled(folder)
    if not found:
        foreign = sorted({_FOREIGN[f.suffix] for f in folder.iterdir() if f.suffix in _FOREIGN})
        shards = any(_SHARD.fullmatch(f.name) for f in folder.iterdir())
        raise SourceError(
            f"the weights are of {' and '.join(foreign)} alone"
            if foreign
            else "the index of the sharded weights is missing"
            if shards
            else "the source has no weights",
            code="foreign-weights" if foreign else "no-index" if shards else "no-weights",
            file=folder,
            expected=f"{stem}.safetensors{'.index.json' if shards and not foreign else ''}",
            found=contents(folder),
            mend="load the checkpoint in PyTorch and save it with save_pretrained"
            if foreign
            else None,
        )
    if not allowed:
        raise SourceError(
            "the weights are pickled, and a pickle can run code when it is read",
            code="pickled-weights",
            file=found[0],
            expected=f"{stem}.safetensors",
            found=found[0].name,
            mend="convert the checkpoint to safetensors, or pass --allow-pickle if you trust its author",
        )
    return found


def hashes(files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of files by name, each examined.

    Raises:
        SourceError: A file cannot be read, is a pointer of Git LFS, or not a whole safetensors file.
    """
    found = {}
    for file in files:
        try:
            refuse_pointer(file)
            if file.suffix == ".safetensors":
                _examine(file)
            found[file.name] = sha256(file)
        except OSError as cause:
            raise SourceError(
                "a weight file cannot be read",
                code="weights-unreadable",
                file=file,
                expected="a file that this user may read",
                found=cause.strerror or str(cause),
            ) from cause
    return found


def refuse_pointer(file: Path) -> None:
    """Refuse a file of which Git LFS has left the pointer alone.

    Raises:
        SourceError: It is such a pointer.
    """
    if not is_pointer(file):
        return
    raise SourceError(
        "a file of the checkpoint is a pointer of Git LFS, not the file itself",
        code="git-lfs-pointer",
        file=file,
        expected=f"the content of {file.name}",
        found=f"{file.stat().st_size} bytes that name it",
        mend=LFS_PULL,
    )


def contents(folder: Path) -> str:
    """The first names in a folder, as errors show them."""
    return ", ".join(sorted(p.name for p in folder.iterdir())[:8]) or "an empty folder"


def _there(file: Path) -> bool:
    """Whether a name is in use, by a link that leads nowhere too."""
    return file.is_symlink() or file.exists()


def _pickled(folder: Path) -> list[Path]:
    named = ("training_args.bin", "optimizer.pt", "scheduler.pt", "scaler.pt")
    every = sorted(f for f in folder.iterdir() if f.suffix in PICKLES and not f.is_dir())
    return [f for f in every if f.name not in named]


def _refuse_missing_shards(index: Path) -> None:
    try:
        refuse_pointer(index)
        names = {
            str(n) for n in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        }
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as cause:
        raise SourceError(
            "the index of the sharded weights cannot be read",
            code="index-unreadable",
            file=index,
            expected="a JSON object with weight_map",
            found=f"{type(cause).__name__}: {cause}",
        ) from cause
    # A name with a path would lead out of the files that are hashed.
    beside = {f.name for f in index.parent.glob("*.safetensors")}
    absent = sorted(names - beside)
    if absent or not names:
        raise SourceError(
            "the index of the sharded weights names files that are not there"
            if names
            else "the index of the sharded weights names no file",
            code="shard-missing",
            file=index,
            expected=", ".join(absent[:4]) or "at least one file",
            found=", ".join(sorted(beside)[:8]) or "no safetensors",
            mend="download the checkpoint again, all of its files",
        )


def _examine(file: Path) -> None:
    """Refuse a safetensors file that is cut off or no such file, or whose weights are no plain floats."""
    size = file.stat().st_size
    with file.open("rb") as data:
        length = int.from_bytes(data.read(8), "little")
        if size < 8 or length > min(size - 8, _HEADER_LIMIT):
            raise _broken(file, f"{size} bytes, too few for the header")
        header = data.read(length)
    try:
        tensors = json.loads(header)
        tensors.pop("__metadata__", None)
        for name, tensor in tensors.items():
            kind, (start, end) = tensor["dtype"], tensor["data_offsets"]
            if kind not in _BITS:
                raise SourceError(
                    "the weights are quantised, or of a type that is no float",
                    code="weights-type",
                    file=file,
                    expected="F32, F16, BF16 or F64",
                    found=f"{kind} in {name}",
                    mend="build from the checkpoint as it was before it was quantised",
                )
            if 8 + length + end > size:
                raise _broken(file, f"{size} bytes, and {name} ends at {8 + length + end}")
            if (end - start) * 8 != math.prod(tensor["shape"]) * _BITS[kind]:
                raise _broken(file, f"{end - start} bytes for {name}, {kind} of {tensor['shape']}")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as cause:
        raise _broken(file, f"no header: {type(cause).__name__}") from cause


def _broken(file: Path, found: str) -> SourceError:
    return SourceError(
        "a weight file is cut off or damaged",
        code="weights-damaged",
        file=file,
        expected="a whole safetensors file",
        found=found,
        mend="download or save the file again",
    )
