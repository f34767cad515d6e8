"""The reference of text embedding: sentence-transformers' own ``encode``, over token embeddings that are known.

And when two embeddings are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.windows import Window
from djlift.tasks.frame.outputs import Difference, cosine
from djlift.tasks.frame.steps import encoded
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.text_embedding.head import Form

FP32_COSINE = 0.99999
"""fp32: smallest cosine of an embedding and the reference's."""
REDUCED_COSINE = 0.9999
"""Below fp32, the same."""

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Reference:
    """A ``SentenceTransformer`` and what it is made of.

    Attributes:
        model: The ``SentenceTransformer``.
        form: What follows its first module.
        decoder: The same without its first module: token embeddings in, embeddings out.
        asked: What the user said of the form, since the checkpoint does not.
    """

    model: Any
    form: Form
    decoder: Any
    asked: Json

    @staticmethod
    def of(model: Any, form: Form, asked: Json) -> Reference:
        """The reference of a loaded model."""
        from sentence_transformers import SentenceTransformer

        rest = [_given_module(), *list(model)[1:]]
        decoder = SentenceTransformer(modules=rest, device="cpu").eval()
        return Reference(model, form, decoder, asked)

    def prompt(self, parameters: Json) -> str:
        """What is put before a text; empty for nothing."""
        if parameters.get("prompt") is not None:
            return str(parameters["prompt"])
        name = parameters.get("prompt_name")
        return "" if name is None else str(self.form.prompts[name])

    def tokens(self, text: str, prompt: str) -> Any:
        """The ``tokenizers.Encoding`` of a text, cut at the limit."""
        (encoding,) = self.model.preprocess([text], prompt=prompt).encodings
        return encoding

    def embedding(self, window: Window, parameters: Json) -> list[float | None]:
        """What ``encode`` makes of token embeddings; what is no number is None.

        Args:
            window: With the graph's outputs, float32, shape (tokens, columns).
        """
        import torch

        features = {
            "token_embeddings": torch.from_numpy(window.logits)[None],
            "attention_mask": torch.ones((1, len(window.logits)), dtype=torch.int64),
        }
        prompt = self.prompt(parameters)
        if prompt and not self.form.include_prompt:
            features["prompt_length"] = self.model[0]._get_prompt_length(prompt)
        self.decoder[0].features = features
        found = self.decoder.encode(
            [""],
            prompt="",
            truncate_dim=parameters.get("truncate_dim"),
            normalize_embeddings=bool(parameters.get("normalize")),
            show_progress_bar=False,
        )
        return [float(x) if np.isfinite(x) else None for x in found[0]]


def _given_module() -> Any:
    import torch

    class Given(torch.nn.Module):  # type: ignore[misc]
        """In the place of the model: gives what it is told to."""

        features: Mapping[str, Any] = {}

        def preprocess(self, inputs: Any, prompt: str | None = None, **more: Any) -> dict[str, Any]:
            return dict(self.features)

        def forward(self, features: dict[str, Any]) -> dict[str, Any]:
            return features

    return Given()


def window(encoding: Any, outputs: NDArray[np.float32]) -> Window:
    """A window of a text with the graph's outputs, float32, shape (tokens, columns)."""
    return encoded(encoding, outputs)


def difference(expected: Json, found: Json, tolerance: Tolerance) -> Difference | None:
    """Where two embeddings differ: how many numbers, a number, the length as a vector, or the direction.

    A number may differ by the tolerance of a score, of the largest number of the reference's embedding where
    that is more than 1. Where the tolerance only counts (int8), the direction alone does.
    """
    ours, theirs = expected["embedding"], found.get("embedding")
    if not isinstance(theirs, list) or len(theirs) != len(ours):
        count = f"{len(theirs)} numbers" if isinstance(theirs, list) else "no embedding"
        return Difference("embedding", f"{len(ours)} numbers", count)
    one, other = _vector(ours), _vector(theirs)
    unlike = np.isnan(one) != np.isnan(other)
    apart = np.where(unlike, np.inf, np.nan_to_num(np.abs(one - other)))
    one, other = np.nan_to_num(one), np.nan_to_num(other)
    allowed = tolerance.score * max(1.0, float(np.abs(one).max(initial=0.0)))
    least = FP32_COSINE if tolerance.exact else REDUCED_COSINE
    seen = cosine(one, other)
    if apart.max(initial=0.0) > allowed:
        if seen >= least and not unlike.any():
            # The same direction: one side is normalized and the other is not.
            lengths = (_number(float(np.linalg.norm(v))) for v in (one, other))
            return Difference("embedding (length as a vector)", *lengths)
        at = int(apart.argmax())
        return Difference(f"embedding[{at}]", _number(ours[at]), _number(theirs[at]))
    if seen < least and (tolerance.score <= 1 or tolerance.reported):
        return Difference("embedding (cosine)", f"at least {least:g}", f"{seen:.7f}")
    return None


def _vector(values: list[Any]) -> NDArray[np.float64]:
    return np.asarray([np.nan if v is None else v for v in values], dtype=np.float64)


def _number(value: Any) -> str:
    return "no number" if value is None else f"{value:.6g}"
