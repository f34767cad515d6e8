"""Checkpoints that fp16 breaks: sane in fp32, and out of fp16's range or precision inside."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from djlift.checkpoints.loading import quiet
from tests.support.checkpoints import architectures, other_architectures

# Names of the first and the second matrix of the feed-forward part, by architecture.
_FEED_FORWARD = {
    "DistilBERT": ("ffn.lin1", "ffn.lin2"),
    "ALBERT": ("ffn.", "ffn_output."),
    "ModernBERT": ("mlp.Wi", "mlp.Wo"),
}


def write(
    pair: tuple[str, str],
    folder: Path,
    layers: Collection[int],
    factor: float = 5e4,
    calm: float = 0.0,
) -> None:
    """Write a checkpoint whose feed-forward activations are ``factor`` times as large in some layers.

    The second matrix takes the factor back: what a layer gives is about what it gave.

    Args:
        calm: Added to the logit of O. A random model decides many words by almost nothing, and fp16 may flip
            those; a trained one does not.
    """
    import torch
    from transformers import AutoModelForTokenClassification

    architectures.write(*pair, folder)
    up, down = _FEED_FORWARD.get(pair[0], ("intermediate.dense", ".output.dense"))
    changed = 0
    with quiet(), torch.no_grad():
        model = AutoModelForTokenClassification.from_pretrained(folder)
        for name, weights in model.named_parameters():
            inside = any(f"layer.{n}." in name or f"layers.{n}." in name for n in layers)
            if not inside or "attention" in name:
                continue
            if up in name:
                weights.mul_(factor)
                changed += 1
            elif down in name and name.endswith("weight"):
                weights.div_(factor)
                changed += 1
        model.classifier.bias[model.config.label2id["O"]] += calm
        model.save_pretrained(folder)
    assert changed >= 2 * len(layers), f"the matrices of {pair[0]} have other names"


def write_lossy(pair: tuple[str, str], folder: Path, shift: float = 30.0) -> None:
    """Write a checkpoint in whose first layer one matrix adds a large number, the same to all features.

    The normalization behind it takes it away, but fp16 has rounded by then.
    """
    import torch
    from transformers import AutoModelForTokenClassification

    architectures.write(*pair, folder)
    with quiet(), torch.no_grad():
        model = AutoModelForTokenClassification.from_pretrained(folder)
        torch.manual_seed(1)
        base = getattr(model, model.base_model_prefix)
        weights = base.encoder.layer[0].attention.output.dense.weight
        weights.add_(torch.randn(1, weights.shape[1]) * shift / 3.5)
        model.save_pretrained(folder)


def write_far(folder: Path, far: float = 6000.0) -> None:
    """Write a decoder with RMS norms of which one channel is far out in every layer, as in trained ones.

    fp16 holds the channel, not its square. The norms multiply it by 0, and give the others back what it takes.
    """
    import torch
    from transformers import AutoModelForTokenClassification

    other_architectures.write("llama", folder)
    with quiet(), torch.no_grad():
        model = AutoModelForTokenClassification.from_pretrained(folder)
        rows = model.get_input_embeddings().weight
        before = float(rows.square().mean().sqrt())
        rows[:, 0] = far
        for name, weights in model.named_parameters():
            if "norm" in name:
                weights.mul_(far / rows.shape[1] ** 0.5 / before)
                weights[0] = 0
        model.save_pretrained(folder)
