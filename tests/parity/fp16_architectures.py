"""Which architectures fp16 takes: tiny random checkpoints of decoders and others beyond the matrix.

``python -m tests.parity.fp16_architectures`` prints a row for each: what became of fp32 and of fp16. Graphs are
judged by Python's ONNX Runtime; ``--prove`` builds archives and proves them on the JVM: a report, no test.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from djlift import build, corpus, tasks
from djlift.checkpoint import find
from djlift.differences import FP32_LOGITS
from djlift.errors import DjliftError
from djlift.export import export
from djlift.loading import load, quiet
from djlift.precisions import Source, candidates
from djlift.recipe import Recipe
from djlift.trial import Trial

from .vocabularies import VOCABULARIES

PRECISIONS = ("fp32", "fp16")
EVERY = 20
"""Of the built-in texts every so many are recorded."""
BART = "bart"
_DEVIATION = 0.3
"""Standard deviation of the weights."""
_TOKENS = "AutoModelForTokenClassification"
_POSITIONS = 96
_SETTINGS: Mapping[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 96,
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
_NAMES = (
    "arcee biogpt deberta eurobert exaone4 gemma gpt-sw3 gpt2 gpt_bigcode gpt_neox helium llama ministral"
    " ministral3 mistral nemotron persimmon phi phi3 qwen2 qwen3 seed_oss smollm3 stablelm starcoder2 ultrabert"
)
ARCHITECTURES = (*_NAMES.split(), BART)
"""Model types of transformers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when something broke."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.parity.fp16_architectures", description=__doc__
    )
    parser.add_argument("architectures", nargs="*", metavar="TYPE", help="by default all")
    parser.add_argument("--prove", action="store_true", help="through the JVM")
    options = parser.parse_args(arguments)
    verdicts = proven if options.prove else judged
    print("| architecture | fp32 | fp16 |\n|---|---|---|", flush=True)
    broken = False
    for architecture in options.architectures or ARCHITECTURES:
        found = row(architecture, verdicts)
        broken = broken or any(verdict.startswith("broken") for verdict in found)
        print(f"| {architecture} | {' | '.join(found)} |", flush=True)
    return int(broken)


def row(architecture: str, verdicts: Callable[[Recipe, Path], tuple[str, ...]]) -> tuple[str, ...]:
    """The verdicts of a freshly made checkpoint, one for each precision."""
    with tempfile.TemporaryDirectory(prefix="djlift-fp16-") as scratch:
        folder = Path(scratch)
        try:
            write(architecture, folder / "checkpoint")
        except ValueError as absent:
            return (f"not in this transformers: {str(absent).splitlines()[0]}",) * len(PRECISIONS)
        recipe = Recipe(
            (str(folder / "checkpoint"),),
            name="small",
            group="org.example",
            precisions=PRECISIONS,
        )
        few = corpus.builtin()[::EVERY]
        with mock.patch.object(corpus, "builtin", lambda: few):
            return verdicts(recipe, folder)


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
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def judged(recipe: Recipe, folder: Path) -> tuple[str, ...]:
    """Whether each precision has a graph to prove, by Python's ONNX Runtime alone."""
    try:
        checkpoint = find(recipe)
        task = tasks.chosen(recipe, checkpoint)
        loaded = load(checkpoint, task, recipe)
        golden = task.record(loaded, corpus.builtin())
        (folder / "exported").mkdir()
        exported = export(loaded, folder / "exported" / "exported.onnx")
        source = Source(exported, loaded, golden, folder)
        assert source.fused.nodes
    except Exception as problem:
        return (_said(problem),) * len(PRECISIONS)
    found = []
    for precision in PRECISIONS:
        try:
            graph = next(candidates(source, precision))
            largest = Trial.of(golden, source.pad_id).judge(graph.file).largest
            good = precision != "fp32" or largest <= FP32_LOGITS
            found.append("a graph to prove" if good else f"refused: differs by {largest:.2g}")
        except Exception as problem:
            found.append(_said(problem))
    return tuple(found)


def proven(recipe: Recipe, folder: Path) -> tuple[str, ...]:
    """What a build says of each precision."""
    try:
        result = build.build(recipe, folder / "zoo")
    except Exception as problem:
        return (_said(problem),) * len(PRECISIONS)
    found = {p: _said(problem) for p, problem in result.refused.items()}
    for made in result.built:
        found[made.precision] = "proven" if made.report.holds else "refused parity"
    return tuple(found[p] for p in PRECISIONS)


def _said(problem: Exception) -> str:
    if isinstance(problem, DjliftError) and problem.code != "internal-error":
        return f"refused {problem.code}"
    cause = problem.__cause__ or problem
    traceback.print_exception(cause, file=sys.stderr)
    return f"broken {type(cause).__name__}: {(str(cause).splitlines() or [''])[0][:120]}"


if __name__ == "__main__":
    sys.exit(main())
