"""A checkpoint of the case study's size: XLM-RoBERTa-large's shape, 560 M random parameters.

``python -m tests.large.checkpoint DIR`` writes it: 2.2 GB, a few minutes and 5 GB of memory.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from djlift.checkpoints.loading import quiet
from tests.support.checkpoints.architectures import teach
from tests.support.checkpoints.vocabularies import VOCABULARIES, charsmap

PIECES = 250_002
"""Entries of XLM-RoBERTa's vocabulary, its mask token among them."""
LABELS = ("O", *(f"{p}-{n}" for n in ("PER", "LOC", "ORG", "MISC") for p in "BI"))


def write(folder: Path, seed: int = 0) -> None:
    """Write config, weights (safetensors, fp32) and tokenizer."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForTokenClassification

    with quiet():
        tokenizer = _tokenizer()
        torch.manual_seed(seed)
        config = XLMRobertaConfig(
            vocab_size=PIECES,
            hidden_size=1024,
            num_hidden_layers=24,
            num_attention_heads=16,
            intermediate_size=4096,
            max_position_embeddings=514,
            type_vocab_size=1,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            id2label=dict(enumerate(LABELS)),
            label2id={label: index for index, label in enumerate(LABELS)},
        )
        model = XLMRobertaForTokenClassification(config).eval()
        teach(model, tokenizer)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _tokenizer() -> Any:
    """The matrix's trained Unigram tokenizer, filled up to XLM-RoBERTa's size with pieces of low score."""
    import json

    from transformers import XLMRobertaTokenizer

    small = VOCABULARIES["Unigram, XLM-R"].make()
    state = json.loads(small.backend_tokenizer.to_str())
    vocab = [(piece, score) for piece, score in state["model"]["vocab"] if piece != "<mask>"]
    known = {piece for piece, _ in vocab}
    lowest = min(score for _, score in vocab)
    # Pairs of CJK characters, rarer the later: pieces that real texts can contain.
    filling = (
        chr(0x4E00 + n % 20_000) + chr(0x4E00 + n // 20_000 * 7 + n % 13) for n in range(10**6)
    )
    for piece in filling:
        if len(vocab) == PIECES - 1:
            break
        if piece not in known:
            known.add(piece)
            vocab.append((piece, lowest - 1.0 - len(vocab) / PIECES))

    tokenizer = XLMRobertaTokenizer(vocab=vocab, _spm_precompiled_charsmap=charsmap())
    tokenizer.model_max_length = 512
    return tokenizer


if __name__ == "__main__":
    write(Path(sys.argv[1]))
