"""Writes ../resources/pipeline/*: tokenizers of every kind, random logits, and transformers' entities.

Run: python jvm-bridge/core/src/test/generate/pipeline_cases.py
The truth is TokenClassificationPipeline.postprocess, on a pipeline that has a tokenizer and labels, but no
model.
"""

from __future__ import annotations

import json
import random
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from corpus import TEXTS, TRAINING
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast, TokenClassificationPipeline
from transformers.pipelines.token_classification import AggregationStrategy

TARGET = Path(__file__).resolve().parent.parent / "resources" / "pipeline"
SPECIAL = ["<pad>", "<unk>", "<s>", "</s>"]
# Prefixes of every kind: B-/I-, none, lower case, several hyphens, and two labels of the same group.
LABELS = [
    "O",
    "B-PER",
    "I-PER",
    "B-LOC",
    "LOC",
    "B-NON-FICTION",
    "I-NON-FICTION",
    "b-x",
    "U-PER",
    "MISC",
]
MAX_LENGTH = 40
UNIT = 16
"""Logits are whole multiples of 1/16, so that equal ones occur, and the file stays small."""


class Decoding(TokenClassificationPipeline):
    """The pipeline without a model: its decoding only."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        self.model = SimpleNamespace(config=SimpleNamespace(id2label=dict(enumerate(LABELS))))


def main() -> None:
    """Write a tokenizer and its cases for each kind."""
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for number, (name, make) in enumerate(KINDS.items()):
        random.seed(number)
        tokenizer = make()
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", pair=None, special_tokens=[("<s>", 2), ("</s>", 3)]
        )
        fast = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            pad_token="<pad>",
            unk_token="<unk>",
            bos_token="<s>",
            eos_token="</s>",
            model_max_length=MAX_LENGTH,
        )
        fast.backend_tokenizer.save(str(TARGET / f"{name}.tokenizer.json"), pretty=False)
        cases = [case(fast, text, stride) for text in TEXTS for stride in (None, 0, 11)]
        found = {
            "labels": LABELS,
            "unit": UNIT,
            "unknown": fast.unk_token_id,
            "max_length": MAX_LENGTH,
            "cases": cases,
        }
        text = json.dumps(found, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        (TARGET / f"{name}.cases.json").write_text(
            text.replace('{"text"', '\n{"text"'), encoding="utf-8"
        )
        print(name, len(text))


def case(tokenizer: PreTrainedTokenizerFast, text: str, stride: int | None) -> dict:
    """A text, its windows with random logits, and the entities of each strategy."""
    options = (
        {}
        if stride is None
        else {"return_overflowing_tokens": True, "stride": stride, "padding": True}
    )
    inputs = tokenizer(
        [text],
        truncation=True,
        return_special_tokens_mask=True,
        return_offsets_mapping=True,
        **options,
    )
    windows, outputs = [], []
    for w, ids in enumerate(inputs["input_ids"]):
        length = sum(inputs["attention_mask"][w])
        logits = random_logits(length)
        padded = np.zeros((len(ids), len(LABELS)), np.float32)
        padded[:length] = logits
        outputs.append(
            {
                "logits": torch.from_numpy(padded)[None],
                "sentence": text if w == 0 else None,
                "input_ids": torch.tensor([ids]),
                "offset_mapping": torch.tensor([inputs["offset_mapping"][w]]).reshape(1, -1, 2),
                "special_tokens_mask": torch.tensor([inputs["special_tokens_mask"][w]]),
            }
        )
        windows.append(
            {
                "ids": ids[:length],
                "special": inputs["special_tokens_mask"][w][:length],
                "offsets": [i for o in inputs["offset_mapping"][w][:length] for i in o],
                "logits": [None if np.isnan(v) else int(v * UNIT) for v in logits.ravel()],
            }
        )
    ignored = random.choice([["O"], ["O"], [], ["O", "PER"], ["NON-FICTION", "B-PER"]])
    found = {}
    for strategy in AggregationStrategy:
        if stride is None or strategy is not AggregationStrategy.NONE:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                entities = Decoding(tokenizer).postprocess(outputs, strategy, ignored)
            found[strategy.value] = [row(e) for e in entities]
    return {
        "text": text,
        "stride": stride,
        "windows": windows,
        "ignored": ignored,
        "outputs": found,
    }


def random_logits(tokens: int) -> np.ndarray:
    """Mostly one label ahead, often that of the token before; sometimes equal ones, rarely NaN."""
    logits = (
        np.array([[random.randint(-24, 24) for _ in LABELS] for _ in range(tokens)], np.float32)
        / UNIT
    )
    label = 0
    for row_ in logits.reshape(tokens, len(LABELS)):
        if random.random() < 0.5:
            label = random.randrange(len(LABELS))
        row_[label] += random.randint(0, 80) / UNIT
    if tokens > 4 and random.random() < 0.05:
        logits[random.randrange(tokens), random.randrange(len(LABELS))] = np.nan
    return logits.reshape(tokens, len(LABELS))


def row(entity: dict) -> list:
    """An entity as a list: label, score, word, start, end and, without aggregation, index."""
    score = float(entity["score"])
    fields = [
        entity.get("entity_group", entity.get("entity")),
        None if np.isnan(score) else float(f"{score:.8g}"),
        entity["word"],
        entity["start"],
        entity["end"],
    ]
    return [*fields, entity["index"]] if "index" in entity else fields


def trained(model: models.Model, trainer_type: type, **options: object) -> Tokenizer:
    """A tokenizer trained on the corpus; ``options`` are its other parts and the trainer's settings."""
    tokenizer = Tokenizer(model)
    for part in ("normalizer", "pre_tokenizer", "decoder"):
        if part in options:
            setattr(tokenizer, part, options.pop(part))
    tokenizer.train_from_iterator(
        TRAINING, trainer_type(special_tokens=SPECIAL, show_progress=False, **options)
    )
    tokenizer.add_tokens(
        [AddedToken("Rhine", single_word=False), AddedToken("of La", normalized=False)]
    )
    return tokenizer


KINDS = {
    "wordpiece": lambda: trained(
        models.WordPiece(unk_token="<unk>"),
        trainers.WordPieceTrainer,
        vocab_size=300,
        limit_alphabet=90,
        normalizer=normalizers.BertNormalizer(lowercase=False),
        pre_tokenizer=pre_tokenizers.BertPreTokenizer(),
        decoder=decoders.WordPiece(),
    ),
    "wordpiece-uncased": lambda: trained(
        models.WordPiece(unk_token="<unk>", max_input_chars_per_word=12),
        trainers.WordPieceTrainer,
        vocab_size=260,
        limit_alphabet=70,
        normalizer=normalizers.BertNormalizer(lowercase=True),
        pre_tokenizer=pre_tokenizers.BertPreTokenizer(),
        decoder=decoders.WordPiece(cleanup=False),
    ),
    "byte-level": lambda: trained(
        models.BPE(),
        trainers.BpeTrainer,
        vocab_size=420,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False),
        decoder=decoders.ByteLevel(),
    ),
    "byte-level-prefix": lambda: trained(
        models.BPE(),
        trainers.BpeTrainer,
        vocab_size=380,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=True),
        decoder=decoders.ByteLevel(),
    ),
    "unigram": lambda: trained(
        models.Unigram(),
        trainers.UnigramTrainer,
        vocab_size=300,
        unk_token="<unk>",
        normalizer=normalizers.NFKC(),
        pre_tokenizer=pre_tokenizers.Metaspace(),
        decoder=decoders.Metaspace(),
    ),
    "bpe-suffix": lambda: trained(
        models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"),
        trainers.BpeTrainer,
        vocab_size=320,
        limit_alphabet=80,
        end_of_word_suffix="</w>",
        normalizer=normalizers.BertNormalizer(lowercase=True),
        pre_tokenizer=pre_tokenizers.BertPreTokenizer(),
        decoder=decoders.BPEDecoder(),
    ),
    "bpe-prefix": lambda: trained(
        models.BPE(unk_token="<unk>", continuing_subword_prefix="@@"),
        trainers.BpeTrainer,
        vocab_size=320,
        limit_alphabet=80,
        continuing_subword_prefix="@@",
        pre_tokenizer=pre_tokenizers.Whitespace(),
        decoder=decoders.WordPiece(prefix="@@"),
    ),
    "byte-fallback": lambda: trained(
        models.BPE(unk_token="<unk>", fuse_unk=True),
        trainers.BpeTrainer,
        vocab_size=320,
        limit_alphabet=80,
        normalizer=normalizers.Sequence(
            [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
        ),
        decoder=decoders.Sequence(
            [
                decoders.Replace("\u2581", " "),
                decoders.ByteFallback(),
                decoders.Fuse(),
                decoders.Strip(" ", 1, 0),
            ]
        ),
    ),
    "word-level": lambda: trained(
        models.WordLevel(unk_token="<unk>"),
        trainers.WordLevelTrainer,
        vocab_size=90,
        pre_tokenizer=pre_tokenizers.Whitespace(),
    ),
}


if __name__ == "__main__":
    main()
