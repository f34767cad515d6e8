"""Small random checkpoints of every architecture, written as ``save_pretrained`` writes a user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djlift.checkpoints.loading import quiet
from djlift.texts import corpus
from tests.support.checkpoints.vocabularies import VOCABULARIES

LAYERS = 2
POSITIONS = 96
"""Tokens that the models have positions for."""
_NO_LIMIT = 10**9
"""Beyond this a tokenizer states no limit: transformers writes 1e30."""
_SPREAD = 3.0
"""Standard deviation of the logits, so that no output hangs on the last bit."""
_CLEAR = 8.0
"""What the logit of a taught head's label is, others being 0."""
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
    scale: int = 1,
    layers: int = LAYERS,
    tokenizer: Any = None,
) -> None:
    """Write a checkpoint: config, weights, tokenizer.

    Args:
        architecture: A key of :data:`ARCHITECTURES`.
        vocabulary: A key of :data:`~tests.support.checkpoints.vocabularies.VOCABULARIES`.
        seed: Of the weights.
        positions: Tokens that the model has positions for. Another number than the usual one is what the
            tokenizer states too, where it states a limit or nothing else does.
        scale: Of every width: 8 makes hidden states of 384 numbers, which is what a small real model has. The
            head of a wider model is taught, for its decisions to be as clear as a trained model's.
        layers: Transformer layers.
        tokenizer: In place of the vocabulary's, which is trained: ties make it another one each time.
    """
    import torch
    from transformers import AutoModelForTokenClassification

    with quiet():
        tokenizer = tokenizer or VOCABULARIES[vocabulary].make()
        torch.manual_seed(seed)
        unbound = not ARCHITECTURES[architecture].settings.get("position_biased_input", True)
        if positions != POSITIONS and (unbound or tokenizer.model_max_length < _NO_LIMIT):
            tokenizer.model_max_length = positions
        config = _config(ARCHITECTURES[architecture], tokenizer, positions, scale, layers)
        model = AutoModelForTokenClassification.from_config(config).eval()
        spread(model, tokenizer) if scale == 1 else teach(model, tokenizer)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


_WIDTHS = ("hidden_size", "intermediate_size", "hidden_dim", "embedding_size")


def _config(
    architecture: Architecture, tokenizer: Any, positions: int, scale: int, layers: int
) -> Any:
    from transformers import AutoConfig

    labels = architecture.labels
    settings: dict[str, Any] = {
        "vocab_size": max(tokenizer.get_vocab().values()) + 1,
        "hidden_size": 48,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "max_position_embeddings": positions + architecture.pads,
        # Large enough that attention and positions matter.
        "initializer_range": 0.15 / scale**0.5,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "cls_token_id": tokenizer.cls_token_id,
        "sep_token_id": tokenizer.sep_token_id,
        "id2label": dict(enumerate(labels)),
        "label2id": {label: index for index, label in enumerate(labels)},
    }
    settings |= dict(architecture.settings)
    settings |= {width: settings[width] * scale for width in _WIDTHS if width in settings}
    return AutoConfig.for_model(architecture.kind, **settings)


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


def drawn_labels(model: Any) -> Any:
    """A label for each token of the vocabulary; seven of ten are O."""
    import torch

    drawn = torch.randint(model.config.num_labels, (model.config.vocab_size,))
    drawn[torch.rand(len(drawn)) < _OUTSIDE] = model.config.label2id["O"]
    return drawn


def teach(model: Any, tokenizer: Any, drawn: Any = None) -> None:
    """Fit the head to tell tokens apart, by their labels.

    Least squares over the hidden states of the built-in texts. Random weights under a random head decide by a
    hair at every other token, which no trained model does; what 8 bits do to them says nothing.

    Args:
        drawn: The label of each token; by default drawn here.
    """
    import torch

    states: list[Any] = []
    head = [m for m in model.modules() if isinstance(m, torch.nn.Linear)][-1]
    hook = head.register_forward_pre_hook(lambda _, given: states.append(given[0][0]))
    ids = []
    with torch.no_grad():
        for text in corpus.builtin():
            row = tokenizer(text.text, truncation=True, max_length=POSITIONS // 2)["input_ids"]
            if row:
                model(input_ids=torch.tensor([row]))
                ids += row
        hook.remove()
        seen = torch.cat(states).double()
        seen = torch.cat([seen, torch.ones(len(seen), 1, dtype=torch.float64)], 1)
        of_ids = (drawn_labels(model) if drawn is None else drawn)[torch.tensor(ids)]
        wanted = torch.nn.functional.one_hot(of_ids, model.config.num_labels).double()
        square = seen.T @ seen
        square += 1e-3 * square.diagonal().mean() * torch.eye(len(square))
        solved = torch.linalg.solve(square, seen.T @ wanted) * _CLEAR
        head.weight.copy_(solved[:-1].T)
        head.bias.copy_(solved[-1])


SHORT: tuple[Pair, ...] = (
    ("BERT", "WordPiece, cased"),
    ("RoBERTa", "byte-level BPE"),
    ("XLM-R", "Unigram, XLM-R"),
    ("DistilBERT", "WordPiece, uncased"),
    ("ELECTRA", "WordPiece, length-changing normalisers"),
    ("ALBERT", "Unigram, ALBERT"),
    ("CamemBERT", "Unigram, CamemBERT"),
    ("MPNet", "WordPiece, MPNet"),
    ("DeBERTa-v2", "Unigram, DeBERTa, punctuation split"),
    ("DeBERTa-v3", "Unigram, DeBERTa"),
    ("ModernBERT", "byte-level BPE, NFC and runs of spaces"),
)
"""Each architecture once, with the tokenizer that its checkpoints have."""

Pair = tuple[str, str]
