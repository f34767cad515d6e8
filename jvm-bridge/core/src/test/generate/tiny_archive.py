"""Writes ../resources/tiny-archive: a small random BERT with a trained WordPiece tokenizer, and what it gives.

Run: python jvm-bridge/core/src/test/generate/tiny_archive.py
The archive is laid out as docs/archive.md says; the truth in golden/ is transformers' own pipeline in PyTorch.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from corpus import TEXTS, TRAINING
from safetensors.numpy import save_file
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    BertConfig,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
    TokenClassificationPipeline,
)

from djlift.archive import container
from djlift.archive.manifest import Manifest

TARGET = Path(__file__).resolve().parent.parent / "resources" / "tiny-archive"
LABELS = [
    "O",
    "B-PER",
    "I-PER",
    "B-LOC",
    "I-LOC",
    "B-NON-FICTION",
    "I-NON-FICTION",
    "MISC",
    "I-ORG",
]
MAX_LENGTH = 32
STRIDES = (0, 8)
STRATEGIES = ("none", "simple", "first", "average", "max")


def main() -> None:
    """Write the archive anew."""
    torch.manual_seed(7)
    shutil.rmtree(TARGET, ignore_errors=True)
    (TARGET / "golden").mkdir(parents=True)
    tokenizer = trained()
    model = BertForTokenClassification(
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
        model.classifier.weight.mul_(60)
        model.bert.embeddings.word_embeddings.weight.mul_(20)
    export(model)
    pipeline = TokenClassificationPipeline(model=model, tokenizer=tokenizer, device="cpu")
    golden(pipeline)
    (TARGET / "config.json").write_text(
        model.config.to_json_string(use_diff=False), encoding="utf-8"
    )
    (TARGET / "golden" / "logits.safetensors").chmod(0o644)
    backend = tokenizer.backend_tokenizer
    backend.enable_truncation(MAX_LENGTH)
    backend.enable_padding(pad_id=tokenizer.pad_token_id, pad_token=tokenizer.pad_token)
    backend.save(str(TARGET / "tokenizer.json"), pretty=False)
    (TARGET / "tokenizer_config.json").write_text(
        json.dumps({"model_max_length": MAX_LENGTH, "tokenizer_class": "PreTrainedTokenizerFast"}),
        encoding="utf-8",
    )
    (TARGET / "serving.properties").write_text(properties(tokenizer), encoding="ascii")
    seal()


def trained() -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer like BERT's."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=420,
        limit_alphabet=110,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(TRAINING, trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def export(model: BertForTokenClassification) -> None:
    """model.onnx with the inputs in the order of BERT's forward."""
    names = ["input_ids", "attention_mask", "token_type_ids"]
    dynamic = {0: "batch", 1: "tokens"}
    inputs = (torch.ones(2, 9, dtype=torch.int64),) * 3
    torch.onnx.export(
        model,
        inputs,
        str(TARGET / "model.onnx"),
        dynamo=False,
        opset_version=17,
        input_names=names,
        output_names=["logits"],
        dynamic_axes=dict.fromkeys([*names, "logits"], dynamic),
    )


def golden(pipeline: TokenClassificationPipeline) -> None:
    """What the pipeline gives for the texts."""
    tensors: dict[str, np.ndarray] = {}
    with (TARGET / "golden" / "cases.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        for number, text in enumerate(TEXTS):
            case = f"t-{number:03d}"
            windows = {"plain": record(pipeline, text, None, case, tensors)}
            strides = {}
            for stride in STRIDES if len(windows["plain"][0]["ids"]) == MAX_LENGTH else ():
                windows[str(stride)] = record(pipeline, text, stride, case, tensors)
                strides[str(stride)] = {s: run(pipeline, text, s, stride) for s in STRATEGIES[1:]}
            line = {
                "id": case,
                "group": "tiny",
                "text": text,
                "windows": windows,
                "outputs": {s: run(pipeline, text, s, None) for s in STRATEGIES},
                "strides": strides,
            }
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
    save_file(dict(sorted(tensors.items())), TARGET / "golden" / "logits.safetensors")
    batch = TEXTS[:4]
    rows = pipeline.tokenizer(batch, padding=True, truncation=True)
    padding = {"cases": [f"t-{i:03d}" for i in range(4)], **dict(rows.items())}
    (TARGET / "golden" / "padding.json").write_text(json.dumps(padding), encoding="utf-8")


def run(
    pipeline: TokenClassificationPipeline, text: str, strategy: str, stride: int | None
) -> list[dict]:
    """Entities in the form of cases.jsonl."""
    options = {} if stride is None else {"stride": stride}
    found = pipeline([text], aggregation_strategy=strategy, **options)[0]
    entities = []
    for e in found:
        entity = {
            "label": e.get("entity_group", e.get("entity")),
            "score": float(f"{float(e['score']):.9g}"),
            "word": e["word"],
            "start": e["start"],
            "end": e["end"],
        }
        if "index" in e:
            entity["index"] = e["index"]
        entities.append(entity)
    return entities


def record(
    pipeline: TokenClassificationPipeline,
    text: str,
    stride: int | None,
    case: str,
    tensors: dict[str, np.ndarray],
) -> list[dict]:
    """The windows of a text, as the tokenizer gives them, and their logits; padding stripped."""
    options = {} if stride is None else {"return_overflowing_tokens": True, "stride": stride}
    encoding = pipeline.tokenizer(
        text,
        truncation=True,
        return_special_tokens_mask=True,
        return_offsets_mapping=True,
        return_token_type_ids=True,
        **options,
    )
    many = stride is not None
    windows = []
    for w in range(len(encoding["input_ids"]) if many else 1):
        ids, types, special, offsets = (
            encoding[key][w] if many else encoding[key]
            for key in ("input_ids", "token_type_ids", "special_tokens_mask", "offset_mapping")
        )
        with torch.no_grad():
            logits = (
                pipeline.model(
                    input_ids=torch.tensor([ids]),
                    attention_mask=torch.ones(1, len(ids), dtype=torch.int64),
                    token_type_ids=torch.tensor([types]),
                )
                .logits[0]
                .numpy()
            )
        tensors[f"{case}/{'plain' if stride is None else stride}/{w}"] = np.ascontiguousarray(
            logits
        )
        windows.append(
            {
                "ids": ids,
                "type_ids": types,
                "special": special,
                "offsets": [list(o) for o in offsets],
            }
        )
    return windows


def properties(tokenizer: PreTrainedTokenizerFast) -> str:
    """serving.properties as docs/archive.md lists it."""
    return "".join(
        f"{key}={value}\n"
        for key, value in {
            "engine": "OnnxRuntime",
            "option.modelName": "model",
            "application": "nlp/token_classification",
            "translatorFactory": "org.djlift.translate.TokenClassificationTranslatorFactory",
            "addSpecialTokens": "true",
            "truncation": "true",
            "padding": "true",
            "maxLength": MAX_LENGTH,
            "modelMaxLength": MAX_LENGTH,
            "stride": 0,
            "padToMultipleOf": 0,
            "withOverflowingTokens": "false",
            "doLowerCase": "false",
            "stripAccents": "false",
            "addPrefixSpace": "false",
            "includeTokenTypes": "true",
            "int32": "false",
            "softmax": "true",
            "aggregation_strategy": "simple",
            "ignoreLabels": "O",
            "unkTokenId": tokenizer.unk_token_id,
        }.items()
    )


def seal() -> None:
    """djlift.json over the other files, as djlift itself writes it."""
    container.seal(
        TARGET,
        Manifest(
            name="tiny",
            version="1.0",
            group="org.djlift.test",
            precision="fp32",
            task="token-classification",
            application="nlp/token_classification",
            licence="Apache-2.0",
            source={"note": "random weights"},
            target={},
            tools={},
            graph={},
            model={
                "translator_factory": "org.djlift.translate.TokenClassificationTranslatorFactory"
            },
            golden={},
        ),
    )


if __name__ == "__main__":
    main()
