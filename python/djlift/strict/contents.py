"""What the files of an unpacked archive may say, looked at before anything uses them.

The hashes of a manifest prove that the files are those of whoever wrote the manifest, not that they mean well.
``org.djlift.internal.reader.Contents`` refuses exactly the same, by the same codes and in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.base.display import printable
from djlift.errors import ArchiveError
from djlift.strict import embedding_form, golden_form, limits, onnx_wire, strict_json
from djlift.strict.onnx_wire import Refused
from djlift.strict.refusal import Refusal

IDS = 1 << 24
"""Most tokens of a vocabulary: the JVM holds a table as long as the largest id."""
_LABEL_LIMIT = 1 << 16
_PADDED = 1 << 20
_TEXT = re.compile(r"[ -~]{0,65536}")
_JSON = re.compile(r"\{[ -~]{0,65534}\}")
_WORD = re.compile(r"[A-Za-z0-9_-]{0,64}")
_FLAG = re.compile(r"true|false")
_COUNT = re.compile(r"-?[0-9]{1,9}")
# A class of the bridge, of which DJL makes an instance: any other is whatever else is on the class path.
_FACTORY = re.compile(r"org\.djlift\.translate\.[A-Za-z]{1,80}")
_KEYS = {
    "engine": re.compile("OnnxRuntime"),
    "application": re.compile(r"[a-z0-9_]{1,40}(/[a-z0-9_]{1,40})?"),
    "translatorFactory": _FACTORY,
    # DJL opens it as a path.
    "option.modelName": re.compile("model"),
    "option.intraOpNumThreads": re.compile("[0-9]{1,4}"),
    "option.interOpNumThreads": re.compile("[0-9]{1,4}"),
    "option.optLevel": _WORD,
    "option.executionMode": _WORD,
    "option.memoryPatternOptimization": _FLAG,
    "option.cpuArenaAllocator": _FLAG,
    "option.disablePerSessionThreads": _FLAG,
    "truncation": _WORD,
    "padding": _WORD,
    "aggregation_strategy": _WORD,
    "ignoreLabels": _TEXT,
    "parameters": _JSON,
    "pooling": _WORD,
    "denseActivation": _WORD,
    "truncationSide": _WORD,
} | dict.fromkeys(
    (
        "maxLength",
        "modelMaxLength",
        "stride",
        "padToMultipleOf",
        "unkTokenId",
        "clsTokenId",
        "maskTokenId",
        "padTokenId",
        "entailmentId",
        "positions",
    ),
    _COUNT,
) | dict.fromkeys(
    (
        "addSpecialTokens",
        "withOverflowingTokens",
        "doLowerCase",
        "stripAccents",
        "addPrefixSpace",
        "includeTokenTypes",
        "int32",
        "softmax",
        "normalize",
        "questionFirst",
        "cleanUpTokenizationSpaces",
    ),
    _FLAG,
)  # fmt: skip
# Escapes as java.util.Properties reads them, but no line that goes on in the next.
_LINE = re.compile(r"([A-Za-z0-9_.]+)=((?:[ -\[\]-~]|\\[ -~])*)")
_UNICODE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([^u]))|(\\u)")


@dataclass
class Known:
    """What one file says that another is held against; None where nothing is said."""

    labels: int | None = None
    vocabulary: int | None = None


def check(folder: Path, archive: Path) -> None:
    """Look through the files of an archive that are there; which must be there, others say.

    Raises:
        ArchiveError: The first file that no djlift archive holds, and why.
    """
    known = Known()
    for name, look in CHECKS.items():
        file = folder / name
        if not file.is_file():
            continue
        try:
            look(file, known)
        except Refused as refused:
            raise ArchiveError(
                "a file of the archive says what no djlift archive says; nothing of it was used",
                file=f"{archive}!{refused.file or name}",
                expected=refused.expected,
                found=refused.found,
                code=refused.code,
            ) from refused


def _graph(file: Path, _: Known) -> None:
    onnx_wire.check(file)


def _settings(file: Path, _: Known) -> None:
    """Keys that are known, with values that name no class, library or path."""
    seen: set[str] = set()
    for line in _limited(file, limits.TEXT).decode("latin-1").split("\n"):
        if not line or line.startswith(("#", "!")):
            # A comment ends where Java ends it: at a carriage return too.
            if "\r" in line:
                raise Refused(Refusal.SETTINGS, "lines that end with \\n", "a carriage return")
            continue
        match = _LINE.fullmatch(line)
        if not match:
            raise Refused(
                Refusal.SETTINGS, "lines of key=value in ASCII", f"'{printable(line, 60)}'"
            )
        key, value = match[1], _unescaped(match[2])
        form = _KEYS.get(key)
        if form is None or key in seen:
            expected = "each key once, and none but those of docs/archive.md"
            raise Refused(Refusal.SETTINGS, expected, f"'{printable(key, 60)}'")
        seen.add(key)
        good = len(value) <= 65536 if form is _TEXT else form.fullmatch(value)
        if good and form is _JSON:
            good = _is_object(value)
        if not good:
            expected = f"a value that {printable(key, 60)} can have"
            raise Refused(Refusal.SETTINGS, expected, f"'{printable(value, 60)}'")


def _is_object(value: str) -> bool:
    try:
        return isinstance(strict_json.parse(value.encode("ascii")), dict)
    except ValueError:
        return False


def _unescaped(value: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[3]:
            raise Refused(Refusal.SETTINGS, "escapes of four digits", f"'{printable(value, 60)}'")
        return chr(int(match[1], 16)) if match[1] else match[2]

    # As Java drops them.
    return _UNICODE.sub(one, value.lstrip(" "))


def _limited(file: Path, limit: int) -> bytes:
    size = file.stat().st_size
    if size > limit:
        raise Refused(Refusal.TOO_LARGE, f"at most {limit} bytes", f"{size} bytes")
    return file.read_bytes()


def _object(file: Path) -> dict[str, Any]:
    try:
        data = strict_json.parse(_limited(file, limits.TEXT))
    except ValueError as cause:
        raise Refused(Refusal.JSON, "JSON", printable(str(cause), 60)) from cause
    if not isinstance(data, dict):
        raise Refused(Refusal.JSON, "a JSON object", "another value")
    return data


def _config(file: Path, known: Known) -> None:
    known.labels = _labels(_object(file))


def _labels(config: dict[str, Any]) -> int | None:
    """How many labels a model's configuration names, None if it names none."""
    named = config.get("id2label")
    if named is None:
        return None
    good = isinstance(named, dict) and len(named) <= _LABEL_LIMIT
    good = good and all(isinstance(label, str) for label in named.values())
    if not good or any(str(i) not in named for i in range(len(named))):
        raise Refused(Refusal.CONFIG, f"id2label from 0, at most {_LABEL_LIMIT} texts", "another")
    return len(named)


def _tokenizer(file: Path, known: Known) -> None:
    known.vocabulary = _vocabulary(_object(file))


def _tokenizer_config(file: Path, _: Known) -> None:
    _object(file)


def _vocabulary(data: dict[str, Any]) -> int:
    """One more than the largest id that tokenizer.json names."""
    model = data.get("model")
    if not isinstance(model, dict):
        raise Refused(Refusal.TOKENIZER, "a model", "none")
    words = model.get("vocab")
    largest = -1
    if isinstance(words, dict):
        for number in words.values():
            largest = max(largest, _number(number, IDS, "ids"))
    elif isinstance(words, list):
        largest = len(words) - 1
        good = all(
            isinstance(w, list) and len(w) == 2 and isinstance(w[0], str) and _is_number(w[1])
            for w in words
        )
        if not good:
            raise Refused(Refusal.TOKENIZER, "pieces with a score", "others")
    else:
        raise Refused(Refusal.TOKENIZER, "a vocabulary", "none")
    for token in _list(data.get("added_tokens")):
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise Refused(Refusal.TOKENIZER, "added tokens with id and content", "others")
        largest = max(largest, _number(token.get("id"), IDS, "ids"))
    for key in ("truncation", "padding"):
        _room(data.get(key), key)
    return largest + 1


def _room(data: Any, key: str) -> None:
    """Lengths to which every text would be cut or filled."""
    if data is None:
        return
    if not isinstance(data, dict):
        raise Refused(Refusal.TOKENIZER, f"{key} as an object", "another value")
    for name in ("max_length", "stride", "pad_to_multiple_of", "pad_id", "pad_type_id"):
        if data.get(name) is not None:
            _number(data[name], _PADDED if name == "pad_to_multiple_of" else IDS, name)
    strategy = data.get("strategy")
    if isinstance(strategy, dict):
        for value in strategy.values():
            _number(value, _PADDED, "strategy")


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(Refusal.TOKENIZER, "a list of added tokens", "another value")
    return value


def _number(value: Any, limit: int, what: str) -> int:
    if type(value) is not int or not 0 <= value < limit:
        raise Refused(
            Refusal.TOKENIZER, f"{what} from 0 to {limit - 1}", printable(repr(value), 60)
        )
    return value


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


def _embedding(file: Path, _: Known) -> None:
    embedding_form.check(file.parent)


def _golden(file: Path, known: Known) -> None:
    golden_form.check(file.parent.parent, known.vocabulary, known.labels)


CHECKS: Mapping[str, Callable[[Path, Known], None]] = {
    "model.onnx": _graph,
    "serving.properties": _settings,
    "config.json": _config,
    "tokenizer.json": _tokenizer,
    "tokenizer_config.json": _tokenizer_config,
    embedding_form.FORM: _embedding,
    embedding_form.DENSE: _embedding,
    "golden/cases.jsonl": _golden,
}
"""How each file is looked at, in this order."""
