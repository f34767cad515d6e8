"""Small random checkpoints of architectures beyond the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djlift.checkpoints.loading import quiet
from tests.support.checkpoints import architectures
from tests.support.checkpoints.vocabularies import VOCABULARIES

BART = "bart"
_WIDTH = 256
"""Of the hidden states: what a head can be fitted to."""
_DEVIATION = 1 / _WIDTH**0.5
"""Standard deviation of the weights: larger ones raise rounding from layer to layer."""
_GAIN = 4.0
"""What the last layer of a head for whole texts is scaled by."""
_TOKENS = "AutoModelForTokenClassification"
_POSITIONS = 96
_SETTINGS: Mapping[str, Any] = {
    "hidden_size": _WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": _WIDTH // 4,
    "intermediate_size": 2 * _WIDTH,
    "max_position_embeddings": _POSITIONS,
    "initializer_range": _DEVIATION,
}
_BART = {
    "d_model": 64,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 96,
    "decoder_ffn_dim": 96,
    "max_position_embeddings": _POSITIONS,
    "init_std": _DEVIATION,
}
_OWN: Mapping[str, Mapping[str, Any]] = {
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0},
}
"""What a config needs beyond the common settings."""
_SCALES = ("biogpt", "gemma")
"""Model types that multiply embeddings by the square root of their width."""


def write(architecture: str, folder: Path) -> None:
    """Write a checkpoint of two layers with random weights.

    Raises:
        ValueError: The installed transformers has no such model, or none with that head.
    """
    import torch
    import transformers

    settings = _BART if architecture == BART else {**_SETTINGS, **_OWN.get(architecture, {})}
    auto = "AutoModelForSequenceClassification" if architecture == BART else _TOKENS
    kind = "byte-level BPE" if architecture == BART else "byte-level BPE, NFC and runs of spaces"
    with quiet():
        tokenizer = VOCABULARIES[kind].make()
        labels = dict(enumerate(("O", "B-PER", "I-PER", "B-LOC", "I-LOC")))
        config = transformers.AutoConfig.for_model(
            architecture,
            **settings,
            vocab_size=max(tokenizer.get_vocab().values()) + 1,
            id2label=labels,
            label2id={label: index for index, label in labels.items()},
            **{
                f"{name}_token_id": getattr(tokenizer, f"{name}_token_id")
                for name in ("pad", "bos", "eos", "cls", "sep")
            },
        )
        torch.manual_seed(1)
        model = getattr(transformers, auto).from_config(config).eval()
        for weight in model.parameters():
            if weight.dim() > 1:
                torch.nn.init.normal_(weight, std=_DEVIATION)
        _decide(model, tokenizer)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _decide(model: Any, tokenizer: Any) -> None:
    """Make its decisions clear: those of random weights hang on the last bit, which no precision keeps."""
    import torch

    with torch.no_grad():
        if model.config.model_type == BART:
            [m for m in model.modules() if isinstance(m, torch.nn.Linear)][-1].weight.mul_(_GAIN)
            return
        drawn = architectures.drawn_labels(model)
        rows = model.get_input_embeddings().weight
        directions = torch.randn(model.config.num_labels, rows.shape[1])
        # About as large as what a layer adds; tokens of one label have a direction in common.
        rows.copy_(torch.randn_like(rows) + directions[drawn])
        if model.config.model_type in _SCALES:
            rows.div_(rows.shape[1] ** 0.5)
    architectures.teach(model, tokenizer, drawn)
