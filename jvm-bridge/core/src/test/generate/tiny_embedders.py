"""Writes ../resources/tiny-embedder and tiny-sparse: small random BERTs of sentence-transformers.

Run: python jvm-bridge/core/src/test/generate/tiny_embedders.py
The tokenizer is the tiny archive's own. The archives are djlift's, recorded from SentenceTransformer and
SparseEncoder; ``embeddings.json`` holds what the library's modules give for token vectors, every pooling and
activation.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from corpus import TEXTS
from sentence_transformers import SentenceTransformer, SparseEncoder
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from sentence_transformers.sparse_encoder.modules import SpladePooling
from transformers import BertConfig, BertForMaskedLM, BertModel, PreTrainedTokenizerFast

from djlift.archive import container
from djlift.base.targets import DEFAULT
from djlift.builder.layout import Parts, stage
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import export
from djlift.checkpoints.recipe import Recipe
from djlift.graph.fusion import convert
from djlift.strict.embedding_form import POOLINGS
from djlift.tasks.text_embedding.head import form_of
from djlift.tasks import registry
from djlift.texts.text import Text

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
TINY = RESOURCES / "tiny-archive"
MAX_LENGTH = 24
HIDDEN = 32


def main() -> None:
    """Write both archives and the vectors anew."""
    torch.manual_seed(11)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dense = base(folder / "dense", BertModel)
        embedder = SentenceTransformer(
            modules=[
                dense,
                Pooling(HIDDEN, ["mean", "cls"], include_prompt=False),
                Dense(2 * HIDDEN, 16, activation_function=torch.nn.Tanh()),
                Normalize(),
            ],
            device="cpu",
            prompts={"query": "find this: ", "passage": "text: "},
        )
        embedder.save_pretrained(str(folder / "embedder"), create_model_card=False)
        write(folder / "embedder", RESOURCES / "tiny-embedder")
        masked = base(folder / "masked", BertForMaskedLM, transformer_task="fill-mask")
        with torch.no_grad():
            masked.model.get_output_embeddings().bias.sub_(0.2)
        sparse = SparseEncoder(modules=[masked, SpladePooling("max")], device="cpu")
        sparse.save_pretrained(str(folder / "sparse"), create_model_card=False)
        write(folder / "sparse", RESOURCES / "tiny-sparse")
        vectors(folder / "none")


def base(folder: Path, kind: Any, **options: Any) -> Transformer:
    """A small BERT over the tiny tokenizer."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(TINY / "tokenizer.json"),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,
    )
    model = kind(config).eval()
    with torch.no_grad():
        model.base_model.embeddings.word_embeddings.weight.mul_(5)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Transformer(str(folder), max_seq_length=MAX_LENGTH, **options)


def write(source: Path, target: Path) -> None:
    """The archive of a checkpoint, as djlift's build writes it."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    recipe = Recipe((str(source),), name=target.name, group="org.djlift.test", licence="Apache-2.0")
    checkpoint = find(recipe)
    task = registry.chosen(recipe, checkpoint)
    loaded = task.load(checkpoint, recipe)
    texts = [Text(f"c-{n:03d}", "tiny", text) for n, text in enumerate(TEXTS)]
    golden = task.record(loaded, texts)
    exported = export(loaded, source / "exported.onnx")
    converted = convert(exported, source / "converted.onnx", DEFAULT)
    parts = Parts(recipe, checkpoint, task, loaded, converted, golden, "fp32", "not of a build")
    container.seal(target, stage(parts, target))
    print(target.name, len(golden.cases), "cases")


def vectors(folder: Path) -> None:
    """Token vectors, and what the modules of sentence-transformers make of them."""
    cases = []
    for pooling in [*((mode,) for mode in POOLINGS), ("max", "weightedmean"), POOLINGS]:
        for include in (True, False):
            cases.append(case(folder, pooling, include, []))
    for activation in ("Identity", "Tanh", "ReLU", "Sigmoid", "SiLU", "GELU"):
        function = getattr(torch.nn, activation)()
        steps = [Dense(5, 7, bias=activation != "ReLU", activation_function=function), Normalize()]
        cases.append(case(folder, ("mean",), True, steps))
        cases.append(case(folder, ("mean",), True, steps[::-1]))
    two = [Dense(10, 3), Dense(3, 6, bias=False, activation_function=torch.nn.Identity())]
    cases.append(case(folder, ("cls", "lasttoken"), True, two))
    text = json.dumps({"cases": cases}, separators=(",", ":")).replace('{"form"', '\n{"form"')
    (RESOURCES / "embeddings.json").write_text(text + "\n", encoding="utf-8")
    print(len(cases), "forms")


def case(folder: Path, pooling: tuple[str, ...], include: bool, steps: list[Any]) -> dict:
    """One form over matrices of several lengths, with prompts of several lengths."""
    pool = Pooling(5, list(pooling), include_prompt=include)
    for step in steps:
        if isinstance(step, Dense):
            torch.nn.init.normal_(step.linear.weight)
            if step.linear.bias is not None:
                torch.nn.init.normal_(step.linear.bias)
    runs = []
    for tokens, prompt in ((1, 0), (4, 0), (4, 2), (6, 5), (3, 3), (2, 4)):
        if prompt and include:
            continue
        rows = torch.randn(tokens, 5)
        features: dict[str, Any] = {
            "token_embeddings": rows[None].clone(),
            "attention_mask": torch.ones((1, tokens), dtype=torch.int64),
        }
        if prompt:
            features["prompt_length"] = prompt
        with torch.no_grad():
            for module in (pool, *steps):
                features = module(features)
        found = features["sentence_embedding"][0].numpy()
        runs.append(
            {
                "tokens": floats(rows.numpy()),
                "rows": tokens,
                "prompt": prompt,
                "embedding": floats(found),
            }
        )
    form = form_of(Fake(pool, steps), folder)
    tensors = {name: floats(values) for name, values in form.tensors().items()}
    return {"form": form.to_dict(), "tensors": tensors, "runs": runs}


def floats(values: np.ndarray) -> list[float | None]:
    """Numbers of nine digits; what is none is null."""
    return [float(f"{v:.9g}") if np.isfinite(v) else None for v in values.ravel().tolist()]


class Fake:
    """As much of a SentenceTransformer as its form needs."""

    def __init__(self, pool: Pooling, steps: list[Any]) -> None:
        self.prompts: dict[str, str] = {}
        self._modules = [self, pool, *steps]
        self.tokenizer = self

    all_special_ids = (0,)

    def get_embedding_dimension(self) -> int:
        """Of a token."""
        return 5

    def __getitem__(self, at: int) -> Any:
        return self._modules[at]

    def __iter__(self) -> Any:
        return iter(self._modules)


if __name__ == "__main__":
    main()
