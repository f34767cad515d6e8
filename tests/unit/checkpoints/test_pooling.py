"""Classifiers that pool at the last end-of-sequence token: each row its own, for every such class."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from djlift.checkpoints import pooling
from djlift.errors import SourceError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

END, PAD = 2, 1
_SIDES = ("encoder", "decoder")
_BART = {"d_model": 16} | {
    f"{side}_{name}": value
    for side in _SIDES
    for name, value in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))
}
_T5 = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
ROWS = (
    [0, 7, 8, END, 9, END],
    [0, 7, END],
    [0, END, 5, END, END, END],
    [END],
    [0, 7, 8, PAD, 9, 4, END],
)


def model_of(name: str) -> Any:
    """A random one, wide enough that rows differ."""
    kind = getattr(transformers, name)
    torch.manual_seed(0)
    settings = _T5 if "T5" in name else _BART
    config = kind.config_class(
        vocab_size=12, num_labels=3, eos_token_id=END, pad_token_id=PAD, bos_token_id=0,
        decoder_start_token_id=END, max_position_embeddings=16, **settings,
    )  # fmt: skip
    if name == "BigBirdPegasusForSequenceClassification":
        config.attention_type = "original_full"
    return kind(config).eval()


def padded() -> tuple[Any, Any]:
    """All rows as one batch."""
    width = max(map(len, ROWS)) + 2
    ids = torch.tensor([row + [PAD] * (width - len(row)) for row in ROWS])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ROWS])
    return ids, mask


@pytest.mark.parametrize("name", sorted(pooling.CLASSES))
def test_a_batch_gives_each_row_what_it_gives_alone(name: str) -> None:
    """The class itself refuses the batch; a row alone is its own truth."""
    model = model_of(name)
    ids, mask = padded()
    with torch.no_grad():
        with pytest.raises((ValueError, RuntimeError)):
            model(input_ids=ids, attention_mask=mask)
        alone = [model(input_ids=torch.tensor([row])).logits[0] for row in ROWS]
        with pooling.by_row(model, PAD):
            together = model(input_ids=ids, attention_mask=mask).logits
            for row, logits in zip(ROWS, alone, strict=True):
                whole = torch.ones(1, len(row), dtype=torch.int64)
                one = model(input_ids=torch.tensor([row]), attention_mask=whole).logits[0]
                assert torch.equal(one, logits)
    assert (together - torch.stack(alone)).abs().max() < 1e-5
    assert "forward" not in vars(model)


def test_every_class_that_pools_so_is_known() -> None:
    """Of the installed transformers: a new one must be added."""
    root = Path(inspect.getfile(transformers)).parent / "models"
    found = set()
    for file in root.glob("*/modeling_*.py"):
        text = file.read_text(encoding="utf-8")
        for part in text.split("\nclass ")[1:]:
            if "[eos_mask, :]" in part:
                found.add(part.partition("(")[0])
    assert found == pooling.CLASSES


def test_a_decoder_is_not_read_at_padding_that_its_configuration_does_not_know() -> None:
    """The tokenizer pads with another id than the configuration says: GPT-2's reward models are so."""
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=12, n_positions=16, n_embd=16, n_layer=1, n_head=2, num_labels=3, pad_token_id=11
    )  # fmt: skip
    model = transformers.GPT2ForSequenceClassification(config).eval()
    ids, mask = padded()
    with torch.no_grad():
        alone = torch.stack([model(input_ids=torch.tensor([row])).logits[0] for row in ROWS])
        wrong = model(input_ids=ids, attention_mask=mask).logits
        with pooling.by_row(model, PAD):
            right = model(input_ids=ids, attention_mask=mask).logits
    assert (wrong - alone).abs().max() > 1e-3
    assert (right - alone).abs().max() < 1e-5
    assert not pooling.takes_padding(model, 11)


def test_a_tokenizer_without_an_end_is_refused() -> None:
    """There is nothing to pool at."""
    model = model_of("BartForSequenceClassification")
    with pytest.raises(SourceError) as caught:
        pooling.require_end(model, lambda _: {"input_ids": [0, 7, 8]})
    assert caught.value.code == "no-end-token"
    pooling.require_end(model, lambda _: {"input_ids": [0, END]})
