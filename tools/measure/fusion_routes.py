"""What can be fused by which route: the tables of docs/adr/0006-fusion.md.

``python -m tools.measure.fusion_routes table`` exports every architecture by both exporters, fuses each graph
in each way and counts; ``python -m tools.measure.fusion_routes speed`` times ways to hand the mask to fused
attention, on the demo model.
"""

from __future__ import annotations

import contextlib
import io
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.support import torch_threads
from tests.support.checkpoints import architectures

from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import EXPORTERS, export
from djlift.checkpoints.loading import Loaded, quiet
from djlift.checkpoints.recipe import Recipe
from djlift.graph import fusion_coverage
from djlift.graph.converted import OUTPUT, Exported
from djlift.graph.fusion import fuse
from djlift.tasks.token_classification.task import TASK
from tools.architectures import matrix

Inputs = Mapping[str, NDArray[np.int64]]
Way = Callable[[Exported, Loaded], Any]

DEMO = Path(__file__).parents[2] / "model-zoo" / "ner-minilm"
_TEXTS = (
    "Anna met Tom in Paris, they say, and he was late.",
    "Oslo",
    "The New York office of Siemens called.",
)
_SEED = 3
TOLERANCE = 1e-4
"""Logits, fp32 against fp32."""


def batches(loaded: Loaded, names: Sequence[str]) -> dict[str, Inputs]:
    """Batches with a mask of every form: ids, mask, types; shape (rows, tokens)."""
    rows = [loaded.tokenizer(text)["input_ids"] for text in _TEXTS]
    long = [list(np.resize(rows[0], loaded.max_length or 64))]
    made = {
        "padded right": _batch(rows, loaded),
        "padded left": _batch(rows, loaded, left=True),
        "a row of padding": _batch([*rows, []], loaded),
        "one row": _batch(rows[:1], loaded),
        "one token": _batch([rows[0][:1]], loaded),
        "with holes": _batch(rows, loaded, holes=True),
        "longest": _batch([*long, *rows], loaded),
    }
    return {form: {n: batch[n] for n in names} for form, batch in made.items()}


def _batch(
    rows: Sequence[Sequence[int]], loaded: Loaded, *, left: bool = False, holes: bool = False
) -> Inputs:
    longest = max(map(len, rows))
    ids = np.full((len(rows), longest), loaded.tokenizer.pad_token_id or 0, dtype=np.int64)
    mask = np.zeros_like(ids)
    for at, row in enumerate(rows):
        place = slice(longest - len(row), None) if left else slice(len(row))
        ids[at, place] = row
        mask[at, place] = 1
    if holes:
        mask[:, 3] = 0
        mask[0, 5:7] = 0
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def differences(model: Any, loaded: Loaded, names: Sequence[str]) -> dict[str, float]:
    """By form of mask, the largest logit difference to PyTorch at real tokens; NaN: a logit is not finite."""
    import onnxruntime
    import torch

    onnxruntime.set_default_logger_severity(4)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    wanted = {i.name for i in session.get_inputs()}
    found = {}
    for form, batch in batches(loaded, names).items():
        (logits,) = session.run([OUTPUT], {n: a for n, a in batch.items() if n in wanted})
        with torch.no_grad(), quiet():
            expected = loaded.model(**{n: torch.from_numpy(a) for n, a in batch.items()}).logits
        real = batch["attention_mask"].astype(bool)
        gap = np.abs(logits - expected.numpy())[real].max()
        found[form] = float(gap) if np.isfinite(logits).all() else float("nan")
    return found


def by_optimizer(exported: Exported, loaded: Loaded, *, raw: bool = False) -> Any:
    """ONNX Runtime's optimizer alone; ``raw`` hands it the mask instead of the places where texts end."""
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    options = FusionOptions("bert")
    options.use_raw_attention_mask(raw)
    config = loaded.model.config
    with _silent():
        found = optimize_model(
            str(exported.file),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            optimization_options=options,
            opt_level=0,
        )
        found.topological_sort()
    return found.model


def by_onnxscript(exported: Exported, loaded: Loaded) -> Any:
    """onnxscript's fusions for ONNX Runtime."""
    import onnx_ir
    from onnxscript.rewriter.ort_fusions import optimize_for_ort

    model = onnx_ir.load(exported.file)
    with _silent():
        done = optimize_for_ort(model)
    return onnx_ir.to_proto(done[0] if isinstance(done, tuple) else done or model)


WAYS: Mapping[str, Way] = {
    "ONNX Runtime's optimizer": by_optimizer,
    "the same, raw mask": lambda e, m: by_optimizer(e, m, raw=True),
    "onnxscript": by_onnxscript,
    "djlift": lambda e, _: fuse(e),
}


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    logging.disable(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def loaded_pair(pair: matrix.Pair, folder: Path, seed: int = _SEED) -> Loaded:
    """A small checkpoint of a pair of the matrix, written to ``folder`` and loaded."""
    architectures.write(*pair, folder, seed)
    return TASK.load(find(Recipe((str(folder),), name="fusion", group="org.example")))


def table() -> Iterator[str]:
    """A line of Markdown for each architecture and exporter, a cell for each way to fuse."""
    yield "| architecture | exporter | the model runs | " + " | ".join(WAYS) + " |"
    yield "|---" * (3 + len(WAYS)) + "|"
    for pair in architectures.SHORT:
        with tempfile.TemporaryDirectory(prefix="djlift-fusion-") as name:
            folder = Path(name)
            loaded = loaded_pair(pair, folder / "checkpoint")
            for exporter in EXPORTERS:
                exported = export(loaded, folder / f"{exporter}.onnx", exporter)
                runs = " + ".join(str(n) for n in exported.patterns.values())
                cells = " | ".join(_cell(run, exported, loaded) for run in WAYS.values())
                yield f"| {pair[0]} | {exporter} | {runs} | {cells} |"


def _cell(run: Way, exported: Exported, loaded: Loaded) -> str:
    """How often each pattern is one operator, and the masks under which logits are wrong."""
    try:
        model = run(exported, loaded)
    except Exception as refused:
        return type(refused).__name__
    counts = " + ".join(str(fusion_coverage.fused(model)[p]) for p in exported.patterns)
    gaps = differences(model, loaded, exported.inputs)
    wrong = [form for form, gap in gaps.items() if not gap <= TOLERANCE]
    return counts + (f", wrong when {', '.join(wrong)}" if wrong else "")


def speed(rounds: int = 15) -> Iterator[str]:
    """A line for each shape: time by mask, raw mask and no fusion against fusion by places of ends."""
    import onnxruntime

    loaded = TASK.load(find(Recipe.read(DEMO)))
    with tempfile.TemporaryDirectory(prefix="djlift-fusion-") as name:
        exported = export(loaded, Path(name) / "exported.onnx")
        ways = {
            "ends of texts": by_optimizer(exported, loaded),
            "raw mask": fuse(exported),
        }
        sessions = {
            way: onnxruntime.InferenceSession(
                model.SerializeToString(), _threads(), providers=["CPUExecutionProvider"]
            )
            for way, model in ways.items()
        }
        sessions["not fused"] = onnxruntime.InferenceSession(
            str(exported.file), _threads(), providers=["CPUExecutionProvider"]
        )
    yield f"ONNX Runtime {onnxruntime.__version__}; medians of {rounds} rounds, each way in turn\n"
    yield "| batch | " + " | ".join(sessions) + " | raw mask / ends of texts |"
    yield "|---|---|---|---|---|"
    random = np.random.default_rng(0)
    for rows, tokens in ((1, 16), (1, 128), (8, 64), (4, 256)):
        lengths = random.integers(max(1, tokens // 2), tokens + 1, rows)
        lengths[0] = tokens
        mask = (np.arange(tokens) < lengths[:, None]).astype(np.int64)
        ids = random.integers(1000, 20000, (rows, tokens)) * mask
        batch = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        times: dict[str, list[float]] = {way: [] for way in sessions}
        for _ in range(rounds):
            for way, session in sessions.items():
                begun = time.perf_counter()
                session.run([OUTPUT], batch)
                times[way].append(time.perf_counter() - begun)
        middle = {way: statistics.median(found) for way, found in times.items()}
        pairs = zip(times["raw mask"], times["ends of texts"], strict=True)
        ratio = statistics.median(raw / ends for raw, ends in pairs)
        cells = " | ".join(f"{1e3 * middle[way]:.1f} ms" for way in sessions)
        yield f"| {rows} x {tokens} | {cells} | {ratio:.2f} |"


def _threads() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return options


if __name__ == "__main__":
    with torch_threads.one_thread():
        for line in {"table": table, "speed": speed}[sys.argv[1]]():
            print(line, flush=True)
