"""Which tokenizer the reference and the archive have, where a checkpoint leaves it open.

transformers builds some tokenizers anew from parts of their files, and an adapter may bring one of its own.
Where these cut texts in another way than the published ``tokenizer.json``, the user has to choose.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.recipe import PUBLISHED, TRANSFORMERS
from djlift.checkpoints.settings import settings_of
from djlift.checkpoints.tokenizer.check import Difference, difference
from djlift.checkpoints.weights import contents
from djlift.errors import SourceError, UsageError

FILE, SETTINGS = "tokenizer.json", "tokenizer_config.json"
_VOCABULARIES = (FILE, "vocab.*", "*.model", "*.tiktoken", "tekken.json", "merges.txt")
# With these transformers writes special tokens around a text that the file does not write.
_REWRITING = ("add_bos_token", "add_eos_token")
_BY_ADAPTER = "adapter"


def tokenizer_of(checkpoint: Checkpoint, choice: str | None, *, pairs: bool) -> Any:
    """Load the tokenizer that was chosen; without a choice, the only one that there can be.

    Args:
        choice: One of :data:`djlift.checkpoints.recipe.TOKENIZERS`, or None.
        pairs: Whether the task gives the tokenizer two texts at once.

    Raises:
        SourceError: It cannot be loaded, or is not what the JVM can run; without a choice, it is not clear.
        UsageError: The adapter's tokenizer is asked for, and there is none.
    """
    folder, adapter = checkpoint.source.folder, checkpoint.adapter
    own = adapter.folder if adapter and _brings_tokenizer(adapter.folder) else None
    if choice == _BY_ADAPTER:
        if own is None:
            raise UsageError(
                "there is no adapter that brings a tokenizer",
                code="no-adapter-tokenizer",
                file=adapter.folder if adapter else None,
                expected=f"an adapter with {SETTINGS} and {FILE}",
                found="an adapter without" if adapter else "no adapter",
                mend="leave --tokenizer adapter out",
            )
        return _usable(_by_transformers(checkpoint, own), own)
    if choice == PUBLISHED:
        return _usable(published(checkpoint), folder)
    found = _usable(_by_transformers(checkpoint, folder), folder)
    if choice is None:
        _refuse_rebuilt(checkpoint, found, pairs=pairs)
        if own is not None:
            _refuse_second(found, _by_transformers(checkpoint, own), own, pairs=pairs)
    return found


def published(checkpoint: Checkpoint) -> Any:
    """``tokenizer.json`` as it is, with the special tokens that the configuration names.

    Raises:
        SourceError: There is none, or it cannot be read.
    """
    folder = checkpoint.source.folder
    if not (folder / FILE).is_file():
        raise SourceError(
            "the checkpoint has no published tokenizer.json",
            code="no-tokenizer-json",
            file=folder,
            expected=FILE,
            found=contents(folder),
            mend="leave --tokenizer published out",
        )
    try:
        found = as_written(folder)
    except Exception as cause:
        raise _not_loadable(
            folder, cause, "a tokenizer.json that the tokenizers library reads"
        ) from cause
    # Whether the model reads token types is said by the class that transformers would take.
    names = _settings(folder).get("model_input_names") or _input_names(checkpoint)
    found.model_input_names = names
    found.init_kwargs["model_input_names"] = list(names)
    return found


def as_written(folder: Path) -> Any:
    """A folder's ``tokenizer.json`` as it is in the general class of transformers.

    Tokens that the configuration adds and the file lacks come after the file's, as transformers adds them.
    """
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    found = PreTrainedTokenizerFast.from_pretrained(folder)
    backend = Tokenizer.from_file(str(folder / FILE))
    vocabulary = backend.get_vocab()
    missing = sorted(found.added_tokens_decoder.items())
    backend.add_tokens([token for _, token in missing if token.content not in vocabulary])
    found._tokenizer = backend
    for key in _REWRITING:
        found.init_kwargs.pop(key, None)
    return found


def _brings_tokenizer(folder: Path) -> bool:
    vocabularies = (file for pattern in _VOCABULARIES for file in folder.glob(pattern))
    return (folder / SETTINGS).is_file() and any(vocabularies)


def _by_transformers(checkpoint: Checkpoint, folder: Path) -> Any:
    """What AutoTokenizer gives; of an adapter's folder, with the model's configuration."""
    from transformers import AutoConfig, AutoTokenizer

    _refuse_slow(checkpoint, folder)
    if not any(found for pattern in _VOCABULARIES for found in folder.glob(pattern)):
        # transformers makes an empty tokenizer of nothing, without a word.
        raise SourceError(
            "the checkpoint has no tokenizer",
            code="no-tokenizer",
            file=folder,
            expected="tokenizer.json, or vocabulary files that transformers makes a fast tokenizer of",
            found=contents(folder),
            mend="save the checkpoint with its tokenizer: tokenizer.save_pretrained(folder)",
        )
    more: dict[str, Any] = {"trust_remote_code": checkpoint.remote_code}
    try:
        if folder != checkpoint.source.folder:
            more["config"] = AutoConfig.from_pretrained(checkpoint.source.folder, **more)
        return AutoTokenizer.from_pretrained(folder, **more)
    except Exception as cause:
        raise _not_loadable(
            folder,
            cause,
            "tokenizer.json, or files that transformers can turn into a fast tokenizer",
        ) from cause


def _not_loadable(folder: Path, cause: Exception, expected: str) -> SourceError:
    first = str(cause).strip().splitlines()
    mend = "save the checkpoint with its tokenizer: tokenizer.save_pretrained(folder)"
    if _readable(folder):
        mend = (
            "--tokenizer published: the tokenizers library reads the folder's tokenizer.json, though"
            " transformers does not"
        )
    return SourceError(
        "the checkpoint's tokenizer cannot be loaded",
        code="tokenizer-not-loadable",
        file=folder,
        expected=expected,
        found=f"{type(cause).__name__}: {first[0] if first else ''}",
        mend=mend,
    )


def _readable(folder: Path) -> bool:
    """Whether ``--tokenizer published`` works."""
    if not (folder / FILE).is_file():
        return False
    try:
        as_written(folder)
    except Exception:
        return False
    return True


def _usable(tokenizer: Any, folder: Path) -> Any:
    """The tokenizer, if the JVM can run it.

    Raises:
        SourceError: It is none of the tokenizers library, or does what its file cannot say.
    """
    if not tokenizer.is_fast:
        raise _slow(type(tokenizer).__name__, folder)
    if tokenizer.split_special_tokens:
        raise SourceError(
            "the tokenizer splits special tokens in texts, which tokenizer.json cannot say",
            code="tokenizer-splits-special",
            file=folder / SETTINGS,
            expected="split_special_tokens = false",
            found="split_special_tokens = true",
        )
    return tokenizer


def _refuse_slow(checkpoint: Checkpoint, folder: Path) -> None:
    """Refuse a class of which transformers has no fast form, before it asks for packages or files."""
    kind = _class(checkpoint, folder)
    if kind is None or not kind.__module__.startswith("transformers."):
        return
    from transformers import TokenizersBackend

    if not issubclass(kind, TokenizersBackend):
        raise _slow(kind.__name__, folder)


def _slow(name: str, folder: Path) -> SourceError:
    return SourceError(
        f"transformers has no fast tokenizer of the class {name}",
        code="no-fast-tokenizer",
        file=folder,
        expected="a tokenizer that the tokenizers library can run, since the JVM runs that library",
        found=name,
        mend="--tokenizer published, which takes the folder's tokenizer.json"
        if _readable(folder)
        else "a tokenizer.json of the same tokenizer, made by the tokenizers library, in the folder, then"
        " --tokenizer published",
    )


def _class(checkpoint: Checkpoint, folder: Path) -> Any:
    """The class that AutoTokenizer takes, None where it is not clear."""
    from transformers.models.auto.tokenization_auto import (
        TOKENIZER_MAPPING_NAMES,
        tokenizer_class_from_name,
    )

    registered = TOKENIZER_MAPPING_NAMES.get(str(checkpoint.config.get("model_type")))
    named = _settings(folder).get("tokenizer_class") or checkpoint.config.get("tokenizer_class")
    if checkpoint.remote_code:
        return None
    try:
        return tokenizer_class_from_name(str(named or registered))
    except Exception:
        return None


def _input_names(checkpoint: Checkpoint) -> list[str]:
    try:
        return list(_by_transformers(checkpoint, checkpoint.source.folder).model_input_names)
    except SourceError:
        kind = _class(checkpoint, checkpoint.source.folder)
        return list(getattr(kind, "model_input_names", None) or ["input_ids", "attention_mask"])


def _refuse_rebuilt(checkpoint: Checkpoint, tokenizer: Any, *, pairs: bool) -> None:
    """Refuse what transformers makes of tokenizer.json where that is not what the file says."""
    folder = checkpoint.source.folder
    if not (folder / FILE).is_file():
        return
    try:
        file = as_written(folder).backend_tokenizer
    except Exception as cause:
        raise _not_loadable(
            folder, cause, "a tokenizer.json that the tokenizers library reads"
        ) from cause
    backend = _as_read(tokenizer.backend_tokenizer)
    types = "token_type_ids" in tokenizer.model_input_names
    found = difference(file, backend, pairs=pairs, types=types)
    if found is not None and _lowers_first(folder):
        # sentence-transformers lower-cases every text before either sees it.
        found = difference(_lowered(file), _lowered(backend), pairs=pairs, types=types)
    what = f"transformers makes another tokenizer of the folder than its {FILE}"
    sides = f"{FILE} gives", f"transformers' {type(tokenizer).__name__} gives"
    lowered = _as_configured(file, _settings(folder).get("do_lower_case"))
    if found is None and lowered is not None:
        found = difference(lowered, backend, pairs=pairs, types=types)
        what = f"{FILE} and {SETTINGS} do not agree on lower-casing"
        sides = f"do_lower_case in {SETTINGS} gives", sides[0]
    if found is not None:
        raise _differs(
            what,
            folder / FILE,
            found,
            sides,
            f"--tokenizer {PUBLISHED} for the file as it is, or --tokenizer {TRANSFORMERS} for what"
            " AutoTokenizer gives: the one that the model was trained with",
        )


def _refuse_second(tokenizer: Any, second: Any, folder: Path, *, pairs: bool) -> None:
    """Refuse an adapter's tokenizer that is not the base's."""
    settings = [
        {name: getattr(each, name) for name in ("model_max_length", "truncation_side")}
        for each in (tokenizer, second)
    ]
    types = "token_type_ids" in tokenizer.model_input_names
    ours = _as_read(tokenizer.backend_tokenizer)
    theirs = _as_read(_usable(second, folder).backend_tokenizer)
    found = difference(ours, theirs, pairs=pairs, types=types)
    if found is None and settings[0] != settings[1]:
        found = Difference(0, 0, "", *map(str, settings))
    if found is not None:
        raise _differs(
            "the adapter brings a tokenizer that is not the base's",
            folder / SETTINGS,
            found,
            ("the base's gives", "the adapter's gives"),
            "--tokenizer adapter, as AutoPeftModel does, or --tokenizer transformers for the base's: the one"
            " that the adapter was trained with",
        )


def _differs(
    what: str, file: Path, found: Difference, sides: tuple[str, str], mend: str
) -> SourceError:
    count = f" on {found.count} of {found.of} texts" if found.count else ""
    of = f" for {found.example}" if found.count else ""
    return SourceError(
        what + count,
        code="tokenizer-differs",
        file=file,
        expected=f"one tokenizer; {sides[0]}{of}: {found.first}",
        found=f"{sides[1]}: {found.second}",
        mend=mend,
    )


def _as_configured(backend: Any, lower: Any) -> Any:
    """The tokenizer with the configuration's lower-casing; None where it has no setting of it, or the same."""
    from tokenizers import Tokenizer

    data = json.loads(backend.to_str())
    top = data.get("normalizer") or {}
    parts = [part for part in (top, *(top.get("normalizers") or ())) if "lowercase" in part]
    if not isinstance(lower, bool) or all(part["lowercase"] == lower for part in parts):
        return None
    for part in parts:
        part["lowercase"] = lower
    return Tokenizer.from_str(json.dumps(data))


def _lowers_first(folder: Path) -> bool:
    """Whether the folder is one of sentence-transformers that asks for lower case."""
    found = [settings_of(file) for file in folder.glob("sentence_*_config.json")]
    return (folder / "modules.json").is_file() and any(
        f.get("do_lower_case") is True for f in found
    )


def _lowered(backend: Any) -> Any:
    """The tokenizer behind a normalizer that lower-cases."""
    from tokenizers import Tokenizer, normalizers

    copied = Tokenizer.from_str(backend.to_str())
    kept = [] if copied.normalizer is None else [copied.normalizer]
    copied.normalizer = normalizers.Sequence([normalizers.Lowercase(), *kept])
    return copied


def _as_read(backend: Any) -> Any:
    """A tokenizer as the reference will use it: see :func:`djlift.checkpoints.loading.settled`.

    Scores of a Unigram model change in their last digit when tokenizer.json is read, and no others.
    """
    from tokenizers import Tokenizer, models

    scored = isinstance(backend.model, models.Unigram)
    return Tokenizer.from_str(backend.to_str()) if scored else backend


def _settings(folder: Path) -> dict[str, Any]:
    return settings_of(folder / SETTINGS)
