"""What a model can take: positions, batches, token types; and what a refused export prints."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from djlift.checkpoints import pooling
from djlift.checkpoints.tokenizer import token_types
from djlift.errors import ExportError, SourceError
from djlift.tasks.registry import of

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SIZES = {
    "vocab_size": 40,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "pad_token_id": 1,
    "max_position_embeddings": 12,
}
FROM_PADDING = (
    "roberta-prelayernorm",
    "data2vec-text",
    "ibert",
    "luke",
    "roberta",
    "mpnet",
    "xmod",
)


def model(kind: str, auto: str = "AutoModel", **changes: Any) -> Any:
    config = transformers.AutoConfig.for_model(kind, **{**SIZES, **changes})
    return getattr(transformers, auto).from_config(config).eval()


@pytest.mark.parametrize("kind", [*FROM_PADDING, "bert"])
def test_a_model_takes_as_many_tokens_as_it_is_said_to(kind: str) -> None:
    from djlift.checkpoints.loading import positions_of

    more = {"languages": ["en_XX"], "default_language": "en_XX"} if kind == "xmod" else {}
    made = model(kind, **more)
    count = positions_of(made)
    assert count == (12 if kind == "bert" else 10)
    with torch.no_grad():
        made(input_ids=torch.full((1, count), 5))
        with pytest.raises((IndexError, RuntimeError)):
            made(input_ids=torch.full((1, count + 1), 5))


def test_a_classifier_without_padding_is_refused() -> None:
    auto = of("text-classification").auto
    with pytest.raises(SourceError) as refused:
        pooling.require_padding(model("gpt2", auto, pad_token_id=None), auto, Path("x"))
    assert refused.value.code == "no-pad-token"
    pooling.require_padding(model("gpt2", auto), auto, Path("x"))
    pooling.require_padding(model("bert", auto, pad_token_id=None), auto, Path("x"))


def tokens(*texts: str) -> dict[str, list[int]]:
    return {"token_type_ids": [number for number, _ in enumerate(texts)]}


def test_one_token_type_takes_single_texts() -> None:
    tokens.model_input_names = ["token_type_ids"]  # type: ignore[attr-defined]
    one = SimpleNamespace(config=SimpleNamespace(type_vocab_size=1))
    two = SimpleNamespace(config=SimpleNamespace(type_vocab_size=2))
    (remark,) = token_types.settled(tokens, one, of("text-classification").head, Path("x"))
    assert "single texts" in remark
    for name in ("text-classification", "token-classification", "question-answering"):
        assert token_types.settled(tokens, two, of(name).head, Path("x")) == ()
    for name in ("question-answering", "text-ranking", "zero-shot-classification"):
        with pytest.raises(SourceError) as refused:
            token_types.settled(tokens, one, of(name).head, Path("x"))
        assert refused.value.code == "token-types"


def test_a_refused_export_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """FNet: torch prints the whole graph."""
    from djlift.checkpoints.export import export
    from djlift.checkpoints.loading import Loaded
    from tests.support.checkpoints.vocabularies import VOCABULARIES

    tokenizer = VOCABULARIES["WordPiece, cased"].make()
    made = model(
        "fnet", "AutoModelForTokenClassification", vocab_size=2000, max_position_embeddings=64
    )
    capfd.readouterr()
    with pytest.raises(ExportError) as refused:
        export(Loaded(made, tokenizer, (), 12), tmp_path / "x.onnx", "torchscript")
    assert refused.value.code == "exporter-refused"
    assert capfd.readouterr().out == ""
