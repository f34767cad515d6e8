"""``djlift bench``: the command; what it does is in :mod:`djlift.bench.measure`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from djlift.base.preconditions import refuse_alone, refuse_unwritable
from djlift.base.targets import named
from djlift.cli.options import (
    ArchiveArgument,
    CalibrationOption,
    JavaHome,
    JsonFlag,
    TargetOption,
    recipe_of,
)
from djlift.cli.terminal import print_json, progress, stdout, written
from djlift.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="bench",
        epilog="Examples:  djlift bench model.zip --texts texts.txt --against stock\n\n"
        "djlift bench model.zip --texts texts.txt --against torch --reference ./checkpoint"
        " --chart speed.svg\n\n"
        "Exit code 0: measured. 1: torch or onnxruntime found something else, or a side broke. 2: it could"
        " not be measured.",
    )(command)


def command(
    archive: ArchiveArgument,
    texts: Annotated[
        Path,
        typer.Option(metavar="FILE", help="A text a line, or JSON lines with 'text'."),
    ],
    against: Annotated[
        list[str] | None,
        typer.Option(
            help="stock (plain DJL), torch (the checkpoint) or onnxruntime (Python's); may be given more than"
            " once."
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Threads, and CPUs, of every side. Default: all CPUs."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each side runs the texts.")] = 5,
    alone: Annotated[
        int, typer.Option(min=0, help="Texts run one at a time in each round, for latencies.")
    ] = 100,
    warm_up: Annotated[
        float, typer.Option(min=0.0, help="Seconds, and a pass over the texts at least.")
    ] = 2.0,
    batch: Annotated[
        int | None,
        typer.Option(
            min=1, help="Texts a run of the other sides. Default: the fastest of 1, 8, 32."
        ),
    ] = None,
    memory: Annotated[
        bool, typer.Option("--memory/--no-memory", help="Measure memory, a process for each side.")
    ] = True,
    aggregation_strategy: Annotated[
        str | None,
        typer.Option(help="none, simple, first, average or max. Default: the archive's."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="The checkpoint, for --against torch."),
    ] = None,
    adapter: Annotated[
        str | None, typer.Option(metavar="DIR", help="The reference's PEFT adapter.")
    ] = None,
    chart: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg|.png", help="Draw it; needs matplotlib."),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, or cuda:N: every side runs there.")] = "cpu",
    calibration: CalibrationOption = None,
    target: TargetOption = None,
    java_home: JavaHome = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure how fast an archive is, and how fast what could take its place."""
    from djlift.bench import chart as bench_chart
    from djlift.bench.measure import bench
    from djlift.bench.report import show

    if adapter and not reference:
        raise UsageError(
            "--adapter belongs to --reference",
            code="adapter-without-reference",
            mend="pass --reference SOURCE too",
        )
    if chart is not None:
        bench_chart.check(chart)
        refuse_unwritable("--chart", chart)
    refuse_alone({"--batch": batch}, "--against SIDE", against)
    refuse_alone({"--reference": reference}, "--against torch", set(against or ()) - {"stock"})
    with progress() as advance:
        report = bench(
            archive,
            texts,
            against=against or (),
            threads=threads,
            rounds=rounds,
            alone=alone,
            warm_up=warm_up,
            batch=batch,
            memory=memory,
            strategy=aggregation_strategy,
            reference=recipe_of(reference).with_options(adapter=adapter) if reference else None,
            device=device,
            target=named(target) if target else None,
            calibration=calibration,
            java_home=java_home,
            advance=advance,
        )
    if as_json:
        print_json(report.to_dict())
    else:
        show(report, stdout())
    if not written([(chart, partial(bench_chart.write, report))]) and report.holds:
        raise typer.Exit(2)
    raise typer.Exit(0 if report.holds else 1)
