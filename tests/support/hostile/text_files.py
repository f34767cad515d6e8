"""Hostile files beside the graph: settings that load code, tokenizers without end, JSON of two meanings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from djlift.strict.refusal import Refusal
from tests.support.hostile.manifests import nested
from tests.support.hostile.whole_archive import SETTINGS, TOKENIZER, archive, edited, replaced

Case = tuple[Callable[[], bytes], Refusal]


def setting(line: str) -> Case:
    """One more line of serving.properties, which must be refused."""
    return replaced("serving.properties", SETTINGS + line.encode() + b"\n"), Refusal.SETTINGS


def instead(key: str, value: str) -> Case:
    """Another value of a key that is there."""
    lines = SETTINGS.decode().splitlines()
    changed = [f"{key}={value}" if line.startswith(f"{key}=") else line for line in lines]
    return replaced("serving.properties", "\n".join(changed).encode()), Refusal.SETTINGS


def tokenizer(edit: Callable[[Any], Any], code: Refusal = Refusal.TOKENIZER) -> Case:
    """The tokenizer edited as a value."""
    return edited("tokenizer.json", edit), code


def text(name: str, data: bytes | str, code: Refusal = Refusal.JSON) -> Case:
    """A file of other bytes."""
    return replaced(name, data.encode() if isinstance(data, str) else data), code


def _with(extra: str) -> str:
    """The tokenizer's text with one more field."""
    return json.dumps(TOKENIZER)[:-1] + f', "extra": {extra}}}'


SETTINGS_CASES: dict[str, Case] = {
    "translator of a foreign class": instead("translatorFactory", "java.lang.ProcessBuilder"),
    "translator that compiles code": instead(
        "translatorFactory", "ai.djl.translate.ServingTranslatorFactory"
    ),
    "translator of a look-alike": instead("translatorFactory", "org.djlift.translate.evil.X"),
    "translator of none": instead("translatorFactory", ""),
    "translator by a key of its own": setting("translator=evil.Translator"),
    "block by a foreign class": setting("blockFactory=evil.Block"),
    "translator that is deferred": setting("option.translatorFactory=evil.Factory"),
    "another engine": instead("engine", "Python"),
    "PyTorch's engine": instead("engine", "PyTorch"),
    "engine twice": setting("engine=OnnxRuntime"),
    "engine twice by a colon": setting("engine:Python"),
    "engine twice by a blank": setting("engine Python"),
    "engine by an escape": setting("engin\\u0065=Python"),
    "custom operator library": setting("option.customOpLibrary=/tmp/evil.so"),
    "custom operator library in the archive": setting("option.customOpLibrary=evil.so"),
    "library in another case": setting("option.customoplibrary=evil.so"),
    "device of a plugin": setting("option.ortDevice=TensorRT"),
    "profile that writes a file": setting("option.profilerOutput=/tmp/djlift-escaped"),
    "mapped location": setting("option.mapLocation=true"),
    "extra files": setting("option.extraFiles=/etc/passwd"),
    "Python's executable": setting("option.pythonExecutable=/tmp/evil"),
    "Python's entry point": setting("option.entryPoint=evil.py"),
    "model of another path": instead("option.modelName", "../../evil"),
    "model of an absolute path": instead("option.modelName", "/tmp/evil.onnx"),
    "tokenizer from elsewhere": setting("tokenizer=evil/repository"),
    "tokenizer at a path": setting("tokenizerPath=/etc"),
    "synset at a URL": setting("synsetUrl=http://localhost/"),
    "chat template": setting("chat_template={{ evil }}"),
    "unknown key": setting("evil=true"),
    "unknown option": setting("option.evil=true"),
    "threads without end": setting("option.intraOpNumThreads=99999"),
    "threads below zero": setting("option.interOpNumThreads=-1"),
    "length past 32 bits": instead("maxLength", "99999999999"),
    "length that is a word": instead("maxLength", "long"),
    "strategy with a path": instead("aggregation_strategy", "../x"),
    "application of a path": instead("application", "../../x"),
    "line that goes on": setting("ignoreLabels=O\\"),
    "key with a blank before it": setting(" engine=Python"),
    "line without value": setting("evil"),
    "value not ASCII": setting("ignoreLabels=\u00e9"),
    "escape cut": setting("ignoreLabels=\\u12"),
    "escape of no hex": setting("ignoreLabels=\\uzzzz"),
    "comment with a line of its own": (
        replaced("serving.properties", SETTINGS + b"# x\rengine=Python\n"),
        Refusal.SETTINGS,
    ),
    "line that ends as on Windows": (
        replaced("serving.properties", SETTINGS.replace(b"\n", b"\r\n")),
        Refusal.SETTINGS,
    ),
    "value of a megabyte": setting("ignoreLabels=" + "O" * (1 << 20)),
}

JSON_CASES: dict[str, Case] = {
    "config that is no JSON": text("config.json", "{'a': 1}"),
    "config that is a list": text("config.json", "[]"),
    "config of nothing": text("config.json", ""),
    "config with NaN": text("config.json", '{"x": NaN}'),
    "config with infinity": text("config.json", '{"x": Infinity}'),
    "config with a number past its range": text("config.json", '{"x": -1e400}'),
    "config with a number of 5000 digits": text("config.json", f'{{"x": {"9" * 5000}}}'),
    "config with a key twice": text("config.json", '{"x": 1, "x": 2}'),
    "config with a key twice by escape": text("config.json", '{"x": 1, "\\u0078": 2}'),
    "config nested deep": text("config.json", f'{{"x": {nested(33)}}}'),
    "config nested very deep": text("config.json", '{"x":' * 100_000),
    "config with a byte order mark": text("config.json", "\ufeff{}"),
    "config with half a character": text("config.json", '{"x": "\\ud83d"}'),
    "config not UTF-8": text("config.json", b'{"x": "\xc3\x28"}'),
    "config in overlong UTF-8": text("config.json", b'{"x": "\xc0\xaf"}'),
    "config with surrogates in UTF-8": text("config.json", b'{"x": "\xed\xa0\x80"}'),
    "config with a comment": text("config.json", "{} // evil"),
    "config with a comma at its end": text("config.json", '{"x": 1,}'),
    "config with a tab in a text": text("config.json", '{"x": "\t"}'),
    "config with a number of zeros": text("config.json", '{"x": 007}'),
    "labels that are a list": text("config.json", '{"id2label": ["O"]}', Refusal.CONFIG),
    "label that is missing": text("config.json", '{"id2label": {"1": "O"}}', Refusal.CONFIG),
    "label that is no text": text("config.json", '{"id2label": {"0": 1}}', Refusal.CONFIG),
    "labels without end": text(
        "config.json",
        json.dumps({"id2label": {str(i): "O" for i in range(70_000)}}),
        Refusal.CONFIG,
    ),
    "tokenizer_config nested deep": text("tokenizer_config.json", f'{{"x": {nested(5000)}}}'),
    "tokenizer_config with NaN": text("tokenizer_config.json", '{"model_max_length": NaN}'),
    "tokenizer_config that is a text": text("tokenizer_config.json", '"x"'),
    "tokenizer that is no JSON": text("tokenizer.json", b"\x80\x04."),
    "tokenizer nested deep": text("tokenizer.json", _with(nested(200))),
    "tokenizer nested very deep": text("tokenizer.json", _with(nested(100_000))),
    "tokenizer with infinity": text("tokenizer.json", _with("-Infinity")),
    "tokenizer with a model twice": text("tokenizer.json", _with('1, "model": {}')),
    "tokenizer of more than it may be": (
        lambda: archive({"tokenizer.json": b" " * ((64 << 20) + 1)}),
        Refusal.TOO_LARGE,
    ),
}

TOKENIZERS: dict[str, Case] = {
    "tokenizer without model": tokenizer(lambda t: t.pop("model")),
    "tokenizer whose model is a list": tokenizer(lambda t: t.update(model=[])),
    "tokenizer without vocabulary": tokenizer(lambda t: t["model"].pop("vocab")),
    "vocabulary that is a text": tokenizer(lambda t: t["model"].update(vocab="x")),
    "id past memory": tokenizer(lambda t: t["model"]["vocab"].update(evil=2147483646)),
    "id past 32 bits": tokenizer(lambda t: t["model"]["vocab"].update(evil=1 << 40)),
    "id below zero": tokenizer(lambda t: t["model"]["vocab"].update(evil=-1)),
    "id that is a float": tokenizer(lambda t: t["model"]["vocab"].update(evil=1.5)),
    "id that is true": tokenizer(lambda t: t["model"]["vocab"].update(evil=True)),
    "added id past memory": tokenizer(
        lambda t: t["added_tokens"].append({"id": 2147483646, "content": "x"})
    ),
    "added id that is missing": tokenizer(lambda t: t["added_tokens"].append({"content": "x"})),
    "added token without content": tokenizer(lambda t: t["added_tokens"].append({"id": 9})),
    "added tokens that are an object": tokenizer(lambda t: t.update(added_tokens={})),
    "pieces without score": tokenizer(lambda t: t["model"].update(vocab=[["x"]])),
    "pieces that are numbers": tokenizer(lambda t: t["model"].update(vocab=[[1, 2]])),
    "padding without end": tokenizer(
        lambda t: t["padding"].update(strategy={"Fixed": 2_000_000_000})
    ),
    "padding to a huge multiple": tokenizer(
        lambda t: t["padding"].update(pad_to_multiple_of=1 << 30)
    ),
    "padding below zero": tokenizer(lambda t: t["padding"].update(pad_id=-5)),
    "padding that is a text": tokenizer(lambda t: t.update(padding="max_length")),
    "truncation past 64 bits": tokenizer(lambda t: t["truncation"].update(max_length=1 << 70)),
    "truncation below zero": tokenizer(lambda t: t["truncation"].update(stride=-1)),
}

TEXTS: dict[str, Case] = {**SETTINGS_CASES, **JSON_CASES, **TOKENIZERS}
