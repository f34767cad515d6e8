"""Bench reports made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from djlift.bench.answers import Agreement, Difference
from djlift.bench.result import BenchReport, Gemm, Latency, Side, Spread, Stages

FIRST = Difference(16, "Rain in Galway.", "LOC 8-14 0.99000", "LOC 8-15 0.98000")


def a_side(name: str, *seconds: float, differing: int = 0, **changes: Any) -> Side:
    """A side that ran over 100 texts and found the same in all but ``differing`` of them."""
    allowed = None if name == "stock" else 0
    agreement = Agreement(100, differing, allowed, FIRST if differing else None)
    latency = Latency(0.01, 0.02, 0.03, 200)
    batch = None if name == "djlift" else 8
    made = Side(name, seconds, batch, agreement, latency, peak_bytes=300_000_000)
    return replace(made, **changes)


def a_bench(*rivals: Side, **changes: Any) -> BenchReport:
    """djlift at 200, 250 and 100 texts a second, and others."""
    seconds = dict(
        zip(("tokenize", "wait", "run", "decode"), (0.1, 0.0, 0.375, 0.025), strict=True)
    )
    ours = a_side("djlift", 0.5, 0.4, 1.0, stages=Stages(seconds, 4, 900, 1000))
    share = Spread(0.875, 0.8, 0.9)
    made = BenchReport(
        archive="tiny.zip",
        precision="fp32",
        device="cpu",
        strategy="simple",
        threads=2,
        cpus=(0, 1),
        cpu="avx2",
        texts=100,
        tokens=1000,
        sides=(ours, *rivals),
        gemm=Gemm(share, share, Spread(150e9, 140e9, 160e9), 1024, ((32, 64, 2),), "MatMul"),
        versions={"djl": "0.38.0"},
        notes=("a note",),
    )
    return replace(made, **changes)
