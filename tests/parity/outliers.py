"""Small checkpoints that int8 damages: activations of which one channel is a hundred times the others.

That channel is multiplied by nothing, so fp32 does not notice it. In int8 it takes the scale, and the others
become 0.
"""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

_FAR = 300.0


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
                tensor.mul_(1.0 if first else _FAR / width**0.5)
                tensor[0] = 0
            elif name.endswith("LayerNorm.bias"):
                tensor[0] = _FAR
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
