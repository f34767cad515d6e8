"""``djlift build``: the command; what it does is in :mod:`djlift.builder.build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from djlift.checkpoints.recipe import precisions_of
from djlift.cli.options import JavaHome, JsonFlag, Parameters, recipe_of
from djlift.cli.terminal import explain, print_json, progress, stdout
from djlift.tasks.frame.parameters import parsed

if TYPE_CHECKING:
    from djlift.builder.result import BuildResult


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="build",
        epilog="Examples:  djlift build dslim/bert-base-NER --precision fp16 --zoo ./zoo\n\n"
        "djlift build ./checkpoint --adapter ./lora --precision fp32 --precision fp16\n\n"
        "djlift build model-zoo/ner-minilm --zoo build/zoo",
    )(command)


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A hub id, a checkpoint folder, package:NAME, or a folder with recipe.toml.",
        ),
    ],
    adapter: Annotated[
        str | None, typer.Option(metavar="DIR", help="A PEFT adapter to merge into the weights.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(help="token-classification and so on, when the checkpoint does not say."),
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(help="fp32, fp16 or int8; may be given more than once. Default: fp32."),
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Group in the zoo, such as com.example.nlp.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name in the zoo. Default: the source's.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Version in the zoo. Default: 1.0.0.")] = None,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of a hub source.")
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="More texts to record and prove, a text a line."),
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option("--eval", metavar="FILE.conll", help="Labelled text for level 4, entity F1."),
    ] = None,
    zoo: Annotated[Path, typer.Option(metavar="DIR", help="The zoo folder to write into.")] = Path(
        "zoo"
    ),
    target: Annotated[
        str | None,
        typer.Option(metavar="DJL", help="The DJL release to make it for, djl-0.38 by default."),
    ] = None,
    aggregation_strategy: Annotated[
        str | None, typer.Option(help="The archive's default: none, simple, first, average or max.")
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            help="published, transformers or adapter: which one, when a checkpoint has more than one."
        ),
    ] = None,
    parameter: Parameters = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the same version in the zoo.")
    ] = False,
    allow_pickle: Annotated[
        bool, typer.Option("--allow-pickle", help="Read pickled weights, which can run code.")
    ] = False,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run code that the checkpoint brings.")
    ] = False,
    java_home: JavaHome = None,
    as_json: JsonFlag = False,
) -> None:
    """Export a checkpoint, convert it, prove it on a JVM, and put it into a zoo."""
    recipe = recipe_of(source).with_options(
        adapter=adapter,
        task=task,
        precisions=precisions_of(precision),
        group=group,
        name=name,
        version=version,
        revision=revision,
        texts=texts,
        evaluation=evaluation,
        aggregation_strategy=aggregation_strategy,
        target=target,
        tokenizer=tokenizer,
        parameters=parsed(parameter) if parameter else None,
    )
    from djlift.builder.build import build as run

    with progress() as advance:
        result = run(
            recipe,
            zoo,
            allow_pickle=allow_pickle,
            trust_remote_code=trust_remote_code,
            replace_existing=replace,
            java_home=java_home,
            advance=advance,
        )
    if as_json:
        print_json(result.to_dict())
    else:
        show(result, stdout())
    for problem in result.refused.values():
        explain(problem)
    raise typer.Exit(result.exit_code)


def show(result: BuildResult, console: Console) -> None:
    """Print each archive's proof, what became of each precision, and what it took."""
    from djlift.parity.report import show as show_report

    for made in result.built:
        show_report(made.report, console)
        where = made.archive or "not written: parity does not hold"
        console.print(Text(str(where)), soft_wrap=True)
        if made.reused:
            console.print("made of the same inputs before: proven again, not built again")
        console.print()
    verdicts = result.verdicts
    if not result.holds and len(verdicts) > 1:
        for precision, found in verdicts.items():
            code = f" ({found['code']})" if "code" in found else ""
            console.print(Text(f"{precision}: {found['verdict']}{code}"))
    megabytes = 1 << 20
    console.print(
        f"{sum(result.seconds.values()):.0f} s, peak memory {result.peak_bytes / megabytes:.0f} MiB,"
        f" weights {result.weight_bytes / megabytes:.0f} MiB"
    )
