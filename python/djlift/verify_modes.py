"""The two modes of ``djlift verify`` that prove nothing: plain DJL's translator, and the search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from djlift import early
from djlift.errors import not_listed
from djlift.recipe import Recipe
from djlift.targets import Target
from djlift.terminal import print_json, progress, stdout

_TRANSLATORS = ("djlift", "stock")


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
    early.refuse_together({option: (given | {"--fuzz": fuzz})[option] for option in barred}, mode)


def run_stock(
    archive: Path,
    texts: Path | None,
    source: Recipe | None,
    java_home: Path | None,
    target: Target | None,
    as_json: bool,
) -> None:
    """Compare plain DJL's translator and print what was found."""
    early.refuse_alone({"--reference": source}, "--texts FILE", texts)
    from djlift.report import show_stock
    from djlift.stock import compare_stock

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
    from djlift.fuzz import fuzz, seconds
    from djlift.report import show_fuzz

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
