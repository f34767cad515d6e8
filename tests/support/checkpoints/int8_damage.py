"""Small checkpoints that int8 damages: activations of which one channel is a hundred times the others.

That channel is multiplied by nothing, so fp32 does not notice it. In int8 it takes the scale, and the others
become 0.
"""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

from tests.support.checkpoints import architectures

_FAR = 1000.0
_FAR_NORMED = 100.0
"""Less: it passes layer normalisation, where fp32 itself loses digits to it."""


def damage_one_layer(checkpoint: Path) -> None:
    """One channel of the first feed-forward layer is far out: one multiplication of the graph is damaged."""
    import torch

    file = checkpoint / "model.safetensors"
    weights = load_file(file)
    layer = "bert.encoder.layer.0."
    with torch.no_grad():
        weights[layer + "intermediate.dense.weight"][0] = 0
        weights[layer + "intermediate.dense.bias"][0] = _FAR
        weights[layer + "output.dense.weight"][:, 0] = 0
    save_file(weights, file, {"format": "pt"})


def damage_everywhere(checkpoint: Path) -> None:
    """One channel of everything that is multiplied is far out."""
    import torch

    file = checkpoint / "model.safetensors"
    weights = load_file(file)
    width = weights["bert.embeddings.LayerNorm.weight"].shape[0]
    with torch.no_grad():
        for name, tensor in weights.items():
            if name.endswith("LayerNorm.weight"):
                first = name.startswith("bert.embeddings")
                # A far channel in its input makes the other channels small: undone here.
                tensor.mul_(1.0 if first else _FAR_NORMED / width**0.5)
                tensor[0] = 0
            elif name.endswith("LayerNorm.bias"):
                tensor[0] = _FAR_NORMED
            elif (
                name.endswith(
                    ("query.weight", "key.weight", "value.weight", "intermediate.dense.weight")
                )
                or name == "classifier.weight"
            ):
                tensor[:, 0] = 0
    save_file(weights, file, {"format": "pt"})
    for number in range(2):
        _far_within(checkpoint, f"bert.encoder.layer.{number}.")
    _decide_again(checkpoint)


def _decide_again(checkpoint: Path) -> None:
    """The head belongs to the activations as they were: scale it anew."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    model = AutoModelForTokenClassification.from_pretrained(checkpoint).eval()
    architectures.spread(model, AutoTokenizer.from_pretrained(checkpoint))
    model.save_pretrained(checkpoint)


def _far_within(checkpoint: Path, layer: str) -> None:
    """The inputs of the two output layers: a feed-forward channel, and an attention value."""
    file = checkpoint / "model.safetensors"
    weights = load_file(file)
    weights[layer + "intermediate.dense.weight"][0] = 0
    weights[layer + "intermediate.dense.bias"][0] = _FAR
    weights[layer + "output.dense.weight"][:, 0] = 0
    weights[layer + "attention.self.value.weight"][0] = 0
    weights[layer + "attention.self.value.bias"][0] = _FAR
    weights[layer + "attention.output.dense.weight"][:, 0] = 0
    save_file(weights, file, {"format": "pt"})
