"""The command line: arguments, progress, exit codes. What a command does is in the module of its name.

stdout carries the result, stderr the progress. Exit 0: done and proven. 1: parity or a gate failed. 2: usage, a
missing tool, or an input that cannot be used.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.text import Text

from djlift import (
    __version__,
    bench_command,
    calibrate_command,
    diff_command,
    early,
    predict_command,
    running,
    sign_command,
    signing,
    zoo_commands,
)
from djlift.errors import UsageError
from djlift.options import (
    ArchiveArgument,
    JavaHome,
    JsonFlag,
    Parameters,
    TargetOption,
    recipe_of,
)
from djlift.parameters import parsed
from djlift.recipe import precisions_of
from djlift.sign_command import SignatureFile, TrustKey, trust_of
from djlift.targets import DEFAULT, named
from djlift.terminal import explain, print_json, progress, stdout

app = running.App(
    name="djlift",
    help="Take a Hugging Face transformer to the JVM and prove that it arrived unchanged.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command(
    epilog="Examples:  djlift build dslim/bert-base-NER --precision fp16 --zoo ./zoo\n\n"
    "djlift build ./checkpoint --adapter ./lora --precision fp32 --precision fp16\n\n"
    "djlift build model-zoo/ner-minilm --zoo build/zoo"
)
def build(
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
    from djlift.build import build as run
    from djlift.report import show

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
        console = stdout()
        for made in result.built:
            show(made.report, console)
            where = made.archive or "not written: parity does not hold"
            console.print(Text(str(where)), soft_wrap=True)
            if made.reused:
                console.print("made of the same inputs before: proven again, not built again")
            console.print()
        if not result.holds and len(recipe.precisions) > 1:
            for reduced, found in result.verdicts.items():
                code = f" ({found['code']})" if "code" in found else ""
                console.print(Text(f"{reduced}: {found['verdict']}{code}"))
        megabytes = 1 << 20
        console.print(
            f"{sum(result.seconds.values()):.0f} s, peak memory {result.peak_bytes / megabytes:.0f} MiB,"
            f" weights {result.weight_bytes / megabytes:.0f} MiB"
        )
    for problem in result.refused.values():
        explain(problem)
    raise typer.Exit(result.exit_code)


@app.command(
    epilog="Examples:  djlift verify model.zip --junit report.xml\n\n"
    "djlift verify model.zip --texts our-texts.txt --reference ./checkpoint\n\n"
    "djlift verify model.zip --translator stock\n\n"
    "djlift verify model.zip --fuzz 5m --reference ./checkpoint --keep found.jsonl"
)
def verify(
    archive: ArchiveArgument,
    texts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="More texts, a text a line or JSON lines with 'text'."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="The checkpoint: compares --texts, shrinks what diverges, searches (needs torch).",
        ),
    ] = None,
    adapter: Annotated[
        str | None, typer.Option(metavar="DIR", help="The reference's PEFT adapter.")
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option(
            "--eval",
            metavar="FILE.conll",
            help="Labelled text: entity F1. A gate with --reference, or on the file it was built with.",
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a JUnit XML report.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write an HTML report.")] = None,
    translator: Annotated[
        str,
        typer.Option(help="djlift proves the archive; stock shows what plain DJL gives from it."),
    ] = "djlift",
    fuzz: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Search for divergences instead: 30s, 5m, 1h."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Which texts --fuzz tries.")] = None,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Append what --fuzz finds, for --texts."),
    ] = None,
    trust_key: TrustKey = None,
    signature: SignatureFile = None,
    target: TargetOption = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, or cuda:N: both sides then run on that GPU.")
    ] = None,
    java_home: JavaHome = None,
    as_json: JsonFlag = False,
) -> None:
    """Run an archive on a JVM and compare it with PyTorch, level by level."""
    from djlift.report import show, write_html, write_junit
    from djlift.verify import verify as run
    from djlift.verify_modes import refuse_mixed, run_fuzz, run_stock

    if adapter and not reference:
        raise UsageError(
            "--adapter belongs to --reference",
            code="adapter-without-reference",
            mend="pass --reference SOURCE too",
        )
    for option, file in {"--junit": junit, "--html": html, "--keep": keep}.items():
        early.refuse_unwritable(option, file)
    given: dict[str, Any] = {"--texts": texts, "--junit": junit, "--html": html}
    given |= {"--seed": seed, "--keep": keep, "--device": device, "--eval": evaluation}
    refuse_mixed(translator, fuzz, given)
    source = recipe_of(reference).with_options(adapter=adapter) if reference else None
    release = named(target) if target else None
    trust = trust_of(trust_key, signature)
    if trust and (translator == "stock" or fuzz is not None):
        signing.check(archive, trust)
    if translator == "stock":
        run_stock(archive, texts, source, java_home, release, as_json)
        return
    if fuzz is not None:
        _exit(run_fuzz(archive, fuzz, seed, source, keep, java_home, release, as_json))
    with progress() as advance:
        report = run(
            archive,
            texts=texts,
            reference=source,
            evaluation=evaluation,
            java_home=java_home,
            target=release,
            device=device or "cpu",
            trust=trust,
            advance=advance,
        )
    if as_json:
        print_json(report.to_dict())
    else:
        show(report, stdout())
    views = ((junit, partial(write_junit, report)), (html, partial(write_html, report)))
    if not early.written(views) and report.holds:
        raise typer.Exit(2)
    _exit(report.holds)


predict_command.register(app)


@app.command(epilog="Example:  djlift inspect model.zip --json")
def inspect(archive: ArchiveArgument, as_json: JsonFlag = False) -> None:
    """Show what an archive holds and whether its files are what was packed."""
    from djlift.inspect import inspect as run
    from djlift.report import show_inspection

    found = run(archive)
    if as_json:
        print_json(found.to_dict())
    else:
        show_inspection(found, stdout())
    _exit(not found.problems)


@app.command(epilog="Examples:  djlift doctor\n\ndjlift doctor --fetch ./kit")
def doctor(
    fetch: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Lay out a complete offline kit: jars and natives."),
    ] = None,
    target: TargetOption = None,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="With --fetch: what --device cuda:N needs, too.")
    ] = False,
    java_home: JavaHome = None,
    as_json: JsonFlag = False,
) -> None:
    """List what djlift needs on this machine, what is there, and the mend for the rest."""
    from djlift import doctor as doctors
    from djlift.report import show_findings

    early.refuse_alone({"--gpu": gpu}, "--fetch DIR", fetch)
    release = named(target or DEFAULT.name)
    if fetch is not None:
        early.refuse_together({"--java-home": java_home}, "--fetch DIR, which needs no Java")
        with progress() as advance:
            files = doctors.fetch(fetch, advance, target=release, gpu=gpu)
        if as_json:
            print_json({"kit": str(fetch), "files": [f.name for f in files]})
        else:
            stdout().print(
                Text(f"{len(files)} files in {fetch}; use them with DJLIFT_JARS={fetch}")
            )
        return
    findings = doctors.examine(java_home, target=release)
    if as_json:
        print_json({"findings": [vars(f) for f in findings]})
    else:
        show_findings(findings, stdout())
    if any(f.status == "missing" for f in findings):
        raise typer.Exit(2)


bench_command.register(app)
calibrate_command.register(app)
diff_command.register(app)
sign_command.register(app)
zoo_commands.register(app)


def main() -> NoReturn:
    """Run the command line."""
    sys.exit(running.run(app))


@app.callback(invoke_without_command=True)
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error, of any command.")
    ] = False,
) -> None:
    running.debugging(debug)
    if version:
        print(f"djlift {__version__}")
        raise typer.Exit()


def _exit(good: bool) -> None:
    raise typer.Exit(0 if good else 1)


if __name__ == "__main__":
    main()
