"""``djlift verify``: the command; what it does is in :mod:`djlift.parity.verify`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from djlift.archive import signing
from djlift.base.preconditions import refuse_alone, refuse_together, refuse_unwritable
from djlift.base.targets import Target, named
from djlift.checkpoints.recipe import Recipe
from djlift.cli.commands.sign import SignatureFile, TrustKey, trust_of
from djlift.cli.options import ArchiveArgument, JavaHome, JsonFlag, TargetOption, recipe_of
from djlift.cli.terminal import print_json, progress, stdout, written
from djlift.errors import UsageError, not_listed

_TRANSLATORS = ("djlift", "stock")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="verify",
        epilog="Examples:  djlift verify model.zip --junit report.xml\n\n"
        "djlift verify model.zip --texts our-texts.txt --reference ./checkpoint\n\n"
        "djlift verify model.zip --translator stock\n\n"
        "djlift verify model.zip --fuzz 5m --reference ./checkpoint --keep found.jsonl",
    )(command)


def command(
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
    from djlift.parity.report import show, write_html, write_junit
    from djlift.parity.verify import verify as run

    if adapter and not reference:
        raise UsageError(
            "--adapter belongs to --reference",
            code="adapter-without-reference",
            mend="pass --reference SOURCE too",
        )
    for option, file in {"--junit": junit, "--html": html, "--keep": keep}.items():
        refuse_unwritable(option, file)
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
        held = run_fuzz(archive, fuzz, seed, source, keep, java_home, release, as_json)
        raise typer.Exit(0 if held else 1)
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
    if not written(views) and report.holds:
        raise typer.Exit(2)
    raise typer.Exit(0 if report.holds else 1)


def refuse_mixed(translator: str, fuzz: str | None, given: dict[str, Any]) -> None:
    """Options of ``verify`` that have no meaning together."""
    if translator not in _TRANSLATORS:
        raise not_listed("unknown --translator", "unknown-translator", translator, _TRANSLATORS)
    barred: tuple[str, ...]
    if translator == "stock":
        mode, barred = (
            "--translator stock",
            ("--fuzz", "--junit", "--html", "--seed", "--keep", "--device", "--eval"),
        )
    elif fuzz is not None:
        mode, barred = "--fuzz", ("--texts", "--junit", "--html", "--device", "--eval")
    else:
        mode, barred = "a proof; it belongs to --fuzz", ("--seed", "--keep")
    refuse_together({option: (given | {"--fuzz": fuzz})[option] for option in barred}, mode)


def run_stock(
    archive: Path,
    texts: Path | None,
    source: Recipe | None,
    java_home: Path | None,
    target: Target | None,
    as_json: bool,
) -> None:
    """Compare plain DJL's translator and print what was found."""
    refuse_alone({"--reference": source}, "--texts FILE", texts)
    from djlift.parity.plain_djl import compare_stock
    from djlift.parity.report import show_stock

    with progress() as advance:
        report = compare_stock(
            archive,
            texts=texts,
            reference=source,
            java_home=java_home,
            target=target,
            advance=advance,
        )
    if as_json:
        print_json(report.to_dict())
    else:
        show_stock(report, stdout())


def run_fuzz(
    archive: Path,
    duration: str,
    seed: int | None,
    source: Recipe | None,
    keep: Path | None,
    java_home: Path | None,
    target: Target | None,
    as_json: bool,
) -> bool:
    """Search for divergences and print them; False when there are any."""
    from djlift.parity.fuzz import fuzz, seconds
    from djlift.parity.report import show_fuzz

    with progress() as advance:
        report = fuzz(
            archive,
            seconds(duration),
            seed=seed,
            reference=source,
            keep=keep,
            java_home=java_home,
            target=target,
            advance=advance,
        )
    if as_json:
        print_json(report.to_dict())
    else:
        show_fuzz(report, stdout())
    return report.holds
