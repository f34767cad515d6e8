"""Writes ../resources/tiny-classifier: a small random BERT over whole texts, and what it gives.

Run: python jvm-bridge/core/src/test/generate/tiny_classifier.py
Texts and pairs of them; the truth is TextClassificationPipeline in PyTorch, the tokenizer is the tiny
archive's own. ``pairs.json`` beside it holds windows of pairs, cut on every side and in both directions.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from corpus import TEXTS
from safetensors.numpy import save_file
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    TextClassificationPipeline,
)

from djlift.archive import container
from djlift.archive.manifest import Manifest

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
TINY = RESOURCES / "tiny-archive"
TARGET = RESOURCES / "tiny-classifier"
LABELS = ["calm", "glad", "sad"]
MAX_LENGTH = 32
VARIANTS = {
    "default": {},
    "all": {"top_k": None},
    "two-sigmoid": {"top_k": 2, "function_to_apply": "sigmoid"},
    "all-none": {"top_k": None, "function_to_apply": "none"},
}
FACTORY = "org.djlift.translate.TextClassificationTranslatorFactory"


def main() -> None:
    """Write the archive anew."""
    torch.manual_seed(11)
    shutil.rmtree(TARGET, ignore_errors=True)
    (TARGET / "golden").mkdir(parents=True)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(TINY / "tokenizer.json"),
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=64,
            num_labels=len(LABELS),
            id2label=dict(enumerate(LABELS)),
            label2id={v: k for k, v in enumerate(LABELS)},
            attn_implementation="eager",
        )
    ).eval()
    with torch.no_grad():
        # Decided predictions, so that no golden output hangs on the last bit.
        model.classifier.weight.mul_(40)
        model.bert.embeddings.word_embeddings.weight.mul_(20)
        model.bert.embeddings.token_type_embeddings.weight.mul_(20)
    export(model)
    pipeline = TextClassificationPipeline(model=model, tokenizer=tokenizer, device="cpu")
    golden(pipeline)
    (TARGET / "config.json").write_text(
        model.config.to_json_string(use_diff=False), encoding="utf-8"
    )
    (TARGET / "golden" / "logits.safetensors").chmod(0o644)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(TINY / name, TARGET / name)
    (TARGET / "serving.properties").write_text(properties(), encoding="ascii")
    seal()
    pairs(tokenizer)


def export(model: BertForSequenceClassification) -> None:
    """model.onnx: one output, batch x labels."""
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        model,
        (torch.ones(2, 9, dtype=torch.int64),) * 3,
        str(TARGET / "model.onnx"),
        dynamo=False,
        opset_version=17,
        input_names=names,
        output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}},
    )


def inputs() -> list[dict[str, str]]:
    """Each text, and each with the next one."""
    alone = [{"text": text} for text in TEXTS]
    return alone + [
        {"text": text, "text_pair": TEXTS[(i + 1) % len(TEXTS)]} for i, text in enumerate(TEXTS)
    ]


def golden(pipeline: TextClassificationPipeline) -> None:
    """What the pipeline gives for the inputs."""
    tensors: dict[str, np.ndarray] = {}
    given = inputs()
    with (TARGET / "golden" / "cases.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        for number, one in enumerate(given):
            case = f"c-{number:03d}"
            window, logits = record(pipeline, one)
            tensors[f"{case}/plain/0"] = logits
            outputs = {
                name: {"labels": answer(pipeline, one, parameters)}
                for name, parameters in VARIANTS.items()
            }
            line = {
                "id": case,
                "group": "tiny",
                "text": max(one.values(), key=len),
                "input": one,
                "windows": {"plain": [window]},
                "outputs": outputs,
            }
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
    save_file(dict(sorted(tensors.items())), TARGET / "golden" / "logits.safetensors")
    rows = pipeline.tokenizer(TEXTS[:4], padding=True, truncation=True)
    padding = {"cases": [f"c-{i:03d}" for i in range(4)], **dict(rows.items())}
    (TARGET / "golden" / "padding.json").write_text(json.dumps(padding), encoding="utf-8")


def answer(pipeline: TextClassificationPipeline, given: dict, parameters: dict) -> list[dict]:
    """Labels with scores of nine digits."""
    found = pipeline([given], truncation=True, **({"top_k": 1} | parameters))[0]
    return [{"label": e["label"], "score": float(f"{e['score']:.9g}")} for e in found]


def record(pipeline: TextClassificationPipeline, given: dict) -> tuple[dict, np.ndarray]:
    """The window of an input, and its logits: one row."""
    encoding = pipeline.tokenizer(
        **given,
        truncation=True,
        return_special_tokens_mask=True,
        return_offsets_mapping=True,
        return_token_type_ids=True,
    )
    ids, types = encoding["input_ids"], encoding["token_type_ids"]
    with torch.no_grad():
        logits = pipeline.model(
            input_ids=torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.int64),
            token_type_ids=torch.tensor([types]),
        ).logits
    return window(encoding), np.ascontiguousarray(logits.numpy())


def window(encoding: dict) -> dict:
    """A window in the form of cases.jsonl."""
    return {
        "ids": encoding["input_ids"],
        "type_ids": encoding["token_type_ids"],
        "special": encoding["special_tokens_mask"],
        "offsets": [list(o) for o in encoding["offset_mapping"]],
    }


def pairs(tokenizer: PreTrainedTokenizerFast) -> None:
    """Windows of pairs: every side that is cut, with and without overflow, in both directions."""
    cases = []
    for direction in ("right", "left"):
        tokenizer.truncation_side = direction
        for side, stride in (
            ("longest_first", None),
            ("only_first", None),
            ("only_second", None),
            ("only_first", 3),
            ("only_second", 3),
            ("only_second", 0),
        ):
            for one in inputs()[len(TEXTS) :]:
                cases.append(pair(tokenizer, one, direction, side, stride))
    text = json.dumps({"max_length": MAX_LENGTH, "cases": cases}, separators=(",", ":"))
    (RESOURCES / "pairs.json").write_text(text.replace('{"text"', '\n{"text"'), encoding="utf-8")
    print(len(cases), "pairs,", sum("windows" not in c for c in cases), "that cannot be cut")


def pair(
    tokenizer: PreTrainedTokenizerFast, given: dict, direction: str, side: str, stride: int | None
) -> dict:
    """One call of the tokenizer; without windows where it refuses."""
    case = {**given, "direction": direction, "side": side, "stride": stride}
    overflow = {} if stride is None else {"return_overflowing_tokens": True, "stride": stride}
    try:
        found = tokenizer(
            [given["text"]],
            [given["text_pair"]],
            truncation=side,
            max_length=MAX_LENGTH,
            return_special_tokens_mask=True,
            return_offsets_mapping=True,
            **overflow,
        )
    except BaseException as refused:
        # A panic of Rust is no Exception.
        return case | {"refused": str(refused).splitlines()[0]}
    case["windows"] = [
        window({key: found[key][w] for key in found})
        | {"sequences": [-1 if s is None else s for s in found.sequence_ids(w)]}
        for w in range(len(found["input_ids"]))
    ]
    return case


def properties() -> str:
    """serving.properties as docs/archive.md lists it."""
    return "".join(
        f"{key}={value}\n"
        for key, value in {
            "engine": "OnnxRuntime",
            "option.modelName": "model",
            "application": "nlp/text_classification",
            "translatorFactory": FACTORY,
            "addSpecialTokens": "true",
            "truncation": "true",
            "padding": "true",
            "maxLength": MAX_LENGTH,
            "modelMaxLength": MAX_LENGTH,
            "includeTokenTypes": "true",
            "int32": "false",
            "parameters": '{"function_to_apply": "softmax", "top_k": 1}',
        }.items()
    )


def seal() -> None:
    """djlift.json over the other files, as djlift itself writes it."""
    container.seal(
        TARGET,
        Manifest(
            name="tiny-classifier",
            version="1.0",
            group="org.djlift.test",
            precision="fp32",
            task="text-classification",
            application="nlp/text_classification",
            licence="Apache-2.0",
            source={"note": "random weights"},
            target={},
            tools={},
            graph={},
            model={"translator_factory": FACTORY},
            golden={
                "variants": {
                    name: {"parameters": parameters, "windows": "plain"}
                    for name, parameters in VARIANTS.items()
                }
            },
        ),
    )


if __name__ == "__main__":
    main()
