"""Which architectures fp16 takes: tiny random checkpoints of decoders and others beyond the matrix.

``python -m tests.parity.fp16_architectures`` prints a row for each: what became of fp32 and of fp16. Graphs are
judged by Python's ONNX Runtime; ``--prove`` builds archives and proves them on the JVM: the table in
docs/precision.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from djlift.builder import build
from djlift.builder.result import Built
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import export
from djlift.checkpoints.loading import quiet
from djlift.checkpoints.recipe import PUBLISHED, Recipe
from djlift.errors import DjliftError
from djlift.graph.evaluation import Trial
from djlift.precision.candidates import Source, candidates
from djlift.tasks import registry
from djlift.tasks.frame.tolerance import FP32_LOGITS
from djlift.texts import corpus
from tests.parity import checkpoints
from tests.parity.vocabularies import VOCABULARIES

PRECISIONS = ("fp32", "fp16")
PROVEN = "proven"
"""What the verdict of a precision that the JVM proved begins with."""
EVERY = 20
"""Of the built-in texts every so many are recorded."""
BART = "bart"
_WIDTH = 256
"""Of the hidden states: what a head can be fitted to."""
_DEVIATION = 1 / _WIDTH**0.5
"""Standard deviation of the weights: larger ones raise rounding from layer to layer."""
_GAIN = 4.0
"""What the last layer of a head for whole texts is scaled by."""
_TOKENS = "AutoModelForTokenClassification"
_POSITIONS = 96
_SETTINGS: Mapping[str, Any] = {
    "hidden_size": _WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": _WIDTH // 4,
    "intermediate_size": 2 * _WIDTH,
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
_SCALES = ("biogpt", "gemma")
"""Model types that multiply embeddings by the square root of their width."""
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
            # transformers builds the tokenizer of some model types anew.
            tokenizer=PUBLISHED,
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
        _decide(model, tokenizer)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _decide(model: Any, tokenizer: Any) -> None:
    """Make its decisions clear: those of random weights hang on the last bit, which no precision keeps."""
    import torch

    with torch.no_grad():
        if model.config.model_type == BART:
            [m for m in model.modules() if isinstance(m, torch.nn.Linear)][-1].weight.mul_(_GAIN)
            return
        drawn = checkpoints.drawn_labels(model)
        rows = model.get_input_embeddings().weight
        directions = torch.randn(model.config.num_labels, rows.shape[1])
        # About as large as what a layer adds; tokens of one label have a direction in common.
        rows.copy_(torch.randn_like(rows) + directions[drawn])
        if model.config.model_type in _SCALES:
            rows.div_(rows.shape[1] ** 0.5)
    checkpoints.teach(model, tokenizer, drawn)


def judged(recipe: Recipe, folder: Path) -> tuple[str, ...]:
    """Whether each precision has a graph to prove, by Python's ONNX Runtime alone."""
    try:
        checkpoint = find(recipe)
        task = registry.chosen(recipe, checkpoint)
        loaded = task.load(checkpoint, recipe)
        golden = task.record(loaded, corpus.builtin())
        (folder / "exported").mkdir()
        exported = export(loaded, folder / "exported" / "exported.onnx")
        pad_id = loaded.tokenizer.pad_token_id or 0
        agreement = partial(task.agreement_of, loaded=loaded)
        source = Source(exported, golden, pad_id, agreement, folder)
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
        found[made.precision] = _figures(made)
    return tuple(found[p] for p in PRECISIONS)


def _figures(made: Built) -> str:
    """Logits: the largest difference, of what is allowed. Outputs: entities over all strategies, or texts."""
    levels = {level.level: level for level in made.report.levels}
    broken = made.report.first_broken
    if broken is not None:
        return f"refused parity: level {broken.level}, {broken.summary}"
    logits, outputs = levels[2].figures, levels[3].figures
    found = [
        f"logits {logits['max_abs']:.1e} of {logits['tolerance']:.1e}",
        f"{outputs.get('entities', outputs.get('outputs', 0)):,.0f} outputs",
    ]
    kept = len(made.manifest.graph["kept_in_fp32"])
    counts = {"near-ties": len(levels[3].near_ties), "nodes in fp32": kept}
    found += [f"{what} {count}" for what, count in counts.items() if count]
    return f"{PROVEN}: {', '.join(found)}"


def _said(problem: Exception) -> str:
    if isinstance(problem, DjliftError) and problem.code != "internal-error":
        return f"refused {problem.code}"
    cause = problem.__cause__ or problem
    traceback.print_exception(cause, file=sys.stderr)
    return f"broken {type(cause).__name__}: {(str(cause).splitlines() or [''])[0][:120]}"


if __name__ == "__main__":
    sys.exit(main())
