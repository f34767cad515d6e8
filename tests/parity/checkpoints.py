"""Small random checkpoints of every architecture, written as ``save_pretrained`` writes a user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djlift import corpus
from djlift.loading import quiet

from .vocabularies import VOCABULARIES

LAYERS = 2
POSITIONS = 96
"""Tokens that the models have positions for."""
_NO_LIMIT = 10**9
"""Beyond this a tokenizer states no limit: transformers writes 1e30."""
_SPREAD = 3.0
"""Standard deviation of the logits, so that no output hangs on the last bit."""
_OUTSIDE = 0.7
"""Share of tokens that are O."""


def _spans(*names: str, prefixes: str = "BI") -> tuple[str, ...]:
    return tuple(f"{prefix}-{name}" for name in names for prefix in prefixes)


_BIO = ("O", *_spans("PER", "LOC", "ORG", "MISC"))
_O_LAST = (*_spans("PER", "LOC", "ORG"), "O")
_NO_PREFIX = ("PER", "LOC", "ORG", "O", "MISC")
_HYPHENS = ("O", *_spans("geo-loc", "NON-FICTION", "tv-show-a"), "geo-loc")
_BILOU = (*_spans("PER", "LOC", prefixes="BILU"), "O")
_MANY = (
    *_spans(*(f"TYPE-{n}" for n in range(30))),
    "O",
    *_spans(*(f"T{n}" for n in range(30))),
)


@dataclass(frozen=True)
class Architecture:
    """A model type of transformers.

    Attributes:
        kind: ``model_type`` of its config.
        labels: Labels by class index; the schemes differ between the architectures.
        settings: What its config needs to be small, beyond the common settings.
        pads: Positions that the model counts from its padding index, beside those of the tokens.
    """

    kind: str
    labels: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    pads: int = 0


_DEBERTA = {
    "relative_attention": True,
    "pos_att_type": ["c2p", "p2c"],
    "type_vocab_size": 0,
    "position_biased_input": False,
}

ARCHITECTURES: Mapping[str, Architecture] = {
    "BERT": Architecture("bert", _BIO),
    "RoBERTa": Architecture("roberta", _O_LAST, {"type_vocab_size": 1}, 2),
    "XLM-R": Architecture("xlm-roberta", _MANY, {"type_vocab_size": 1}, 2),
    "DistilBERT": Architecture("distilbert", _NO_PREFIX, {"hidden_dim": 96}),
    "ELECTRA": Architecture("electra", _HYPHENS, {"embedding_size": 32}),
    "ALBERT": Architecture("albert", _BILOU, {"embedding_size": 32, "num_hidden_groups": 1}),
    "CamemBERT": Architecture("camembert", _BIO, {"type_vocab_size": 1}, 2),
    "MPNet": Architecture("mpnet", _HYPHENS, pads=2),
    "DeBERTa-v2": Architecture(
        "deberta-v2", _NO_PREFIX, {**_DEBERTA, "max_relative_positions": POSITIONS}
    ),
    "DeBERTa-v3": Architecture(
        "deberta-v2",
        _BIO,
        {
            **_DEBERTA,
            "position_buckets": 16,
            "share_att_key": True,
            "norm_rel_ebd": "layer_norm",
            "max_relative_positions": -1,
        },
    ),
    "ModernBERT": Architecture(
        "modernbert", _O_LAST, {"local_attention": 16, "global_attn_every_n_layers": 2}
    ),
}
"""Every architecture of the matrix, by the name it has in docs/architectures.md."""


def write(
    architecture: str,
    vocabulary: str,
    folder: Path,
    seed: int = 0,
    positions: int = POSITIONS,
    tokenizer: Any = None,
) -> None:
    """Write a checkpoint: config, weights, tokenizer.

    Args:
        architecture: A key of :data:`ARCHITECTURES`.
        vocabulary: A key of :data:`~tests.parity.vocabularies.VOCABULARIES`.
        seed: Of the weights.
        positions: Tokens that the model has positions for. Another number than the usual one is what the
            tokenizer states too, where it states a limit.
        tokenizer: In place of the vocabulary's, which is trained: ties make it another one each time.
    """
    import torch
    from transformers import AutoModelForTokenClassification

    with quiet():
        tokenizer = tokenizer or VOCABULARIES[vocabulary].make()
        torch.manual_seed(seed)
        if positions != POSITIONS and tokenizer.model_max_length < _NO_LIMIT:
            tokenizer.model_max_length = positions
        config = _config(ARCHITECTURES[architecture], tokenizer, positions)
        model = AutoModelForTokenClassification.from_config(config).eval()
        spread(model, tokenizer)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _config(architecture: Architecture, tokenizer: Any, positions: int) -> Any:
    from transformers import AutoConfig

    labels = architecture.labels
    settings: dict[str, Any] = {
        "vocab_size": max(tokenizer.get_vocab().values()) + 1,
        "hidden_size": 48,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "max_position_embeddings": positions + architecture.pads,
        # Large enough that attention and positions matter.
        "initializer_range": 0.15,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "cls_token_id": tokenizer.cls_token_id,
        "sep_token_id": tokenizer.sep_token_id,
        "id2label": dict(enumerate(labels)),
        "label2id": {label: index for index, label in enumerate(labels)},
    }
    return AutoConfig.for_model(architecture.kind, **(settings | dict(architecture.settings)))


def spread(model: Any, tokenizer: Any) -> None:
    """Scale the head so that its decisions are clear, and most tokens are O but not all."""
    import torch

    texts = [t.text for t in corpus.builtin() if t.group in ("news", "tweets")][::6]
    with torch.no_grad():
        found = [
            model(**tokenizer(t, truncation=True, max_length=POSITIONS // 2, return_tensors="pt"))
            for t in texts
        ]
        logits = torch.cat([f.logits[0] for f in found])
        factor = _SPREAD / float((logits - logits.mean(0)).std())
        mean = logits.mean(0) - model.classifier.bias
        model.classifier.weight.mul_(factor)
        model.classifier.bias.copy_(-mean * factor)
        outside = model.config.label2id["O"]
        ahead = (logits - logits.mean(0)) * factor
        others = ahead.clone()
        others[:, outside] = -torch.inf
        behind = others.max(1).values - ahead[:, outside]
        model.classifier.bias[outside] += float(behind.quantile(_OUTSIDE))
