"""The commands of zoos: ``djlift publish``, ``djlift list``, ``djlift yank``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from djlift.cli.options import JsonFlag
from djlift.cli.terminal import print_json, progress, stdout
from djlift.errors import UsageError
from djlift.zoo.listing import Listed

ZooArgument = Annotated[
    str,
    typer.Argument(metavar="ZOO", help="A folder, s3://bucket/path, gs://... or abfs://...."),
]
StorageOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--storage-option",
        metavar="KEY=VALUE",
        help="For the zoo's back end, such as endpoint_url=...; may be given more than once.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(
        epilog="Examples:  djlift publish zoo/…/ner-1.0.0-fp32.zip zoo/…/ner-1.0.0-fp16.zip"
        " s3://models/zoo\n\n"
        "djlift publish model.zip s3://models/zoo --storage-option endpoint_url=URL"
    )(publish)
    app.command("list", epilog="Example:  djlift list s3://models/zoo --json")(list_)
    app.command(
        epilog="Examples:  djlift yank s3://models/zoo ner-minilm/1.0.0\n\n"
        "djlift yank ./zoo org.example/ner-minilm/1.0.0 --precision int8\n\n"
        "djlift yank ./zoo ner-minilm/1.0.0 --undo"
    )(yank)


def publish(
    archives: Annotated[
        list[Path] | None, typer.Argument(metavar="ARCHIVE...", help="djlift archives (.zip).")
    ] = None,
    *,
    zoo: ZooArgument,
    sign_key: Annotated[
        Path | None,
        typer.Option(
            metavar="KEY",
            help="Sign with this P-256 private key in PEM. Default: ARCHIVE.sig, if it is there, is checked and"
            " published.",
        ),
    ] = None,
    trust_key: Annotated[
        Path | None,
        typer.Option(
            metavar="KEY",
            help="ARCHIVE.sig must be by this public key. Default: only the files it lists are compared.",
        ),
    ] = None,
    storage_option: StorageOptions = None,
    as_json: JsonFlag = False,
) -> None:
    """Put proven archives into a zoo: checked first, listed last, never changed again."""
    from djlift.zoo.address import opened, option_values
    from djlift.zoo.publish import publish as run

    if not archives or (zoo.endswith(".zip") and Path(zoo).is_file()):
        raise UsageError(
            "the last argument is the zoo",
            code="publish-without-zoo",
            expected="djlift publish ARCHIVE... ZOO",
            found=zoo,
            mend=f"djlift publish {' '.join(map(str, archives)) if archives else zoo} ZOO",
        )
    store = opened(zoo, option_values(storage_option or ()))
    with progress() as advance:
        published = run(archives, store, sign_key=sign_key, trust_key=trust_key, advance=advance)
    if as_json:
        print_json({"zoo": store.url, "archives": [one.to_dict() for one in published]})
        return
    for one in published:
        word = "published" if one.changed else "there already, the same bytes"
        note = ", signed" if one.signed else ""
        if one.key_unchecked:
            note += " (it lists these files; its key was not checked: --trust-key KEY)"
        note += "; yanked, see djlift yank --undo" if one.yanked else ""
        stdout().print(Text(f"{one.address}: {word}{note}"), soft_wrap=True)


def list_(
    zoo: ZooArgument, storage_option: StorageOptions = None, as_json: JsonFlag = False
) -> None:
    """Show what a zoo holds."""
    from djlift.zoo.address import opened, option_values
    from djlift.zoo.listing import listing

    store = opened(zoo, option_values(storage_option or ()))
    found = listing(store)
    if as_json:
        print_json({"zoo": store.url, "archives": [one.to_dict() for one in found]})
        return
    stdout().print(_table(found))


def yank(
    zoo: ZooArgument,
    versions: Annotated[
        list[str],
        typer.Argument(metavar="NAME/VERSION...", help="Or GROUP/NAME/VERSION, as list shows."),
    ],
    precision: Annotated[
        str | None, typer.Option(help="fp32, fp16 or int8 alone. Default: all that are there.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let them be resolved again.")] = False,
    storage_option: StorageOptions = None,
    as_json: JsonFlag = False,
) -> None:
    """Keep versions from being resolved; they stay loadable by their exact version."""
    from djlift.zoo.address import opened, option_values
    from djlift.zoo.yank import Wanted
    from djlift.zoo.yank import yank as run

    store = opened(zoo, option_values(storage_option or ()))
    wanted = [Wanted.parse(version) for version in versions]
    moved = run(store, wanted, precision=precision, undo=undo)
    if as_json:
        print_json({"zoo": store.url, "undo": undo, "archives": [vars(one) for one in moved]})
        return
    for one in moved:
        word = "resolved again" if undo else "yanked"
        already = "" if one.changed else " already"
        stdout().print(
            Text(f"{one.group}:{one.name}:{one.version} {one.precision}: {word}{already}"),
            soft_wrap=True,
        )


def _table(found: Sequence[Listed]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("name", "group", "version", "precision", "size", "licence", "", ""):
        table.add_column(heading, justify="right" if heading == "size" else "left", overflow="fold")
    for one in found:
        table.add_row(
            *map(
                Text,
                (
                    one.name,
                    one.group,
                    one.version,
                    one.precision,
                    "" if one.size is None else decimal(one.size),
                    one.licence or "not stated",
                ),
            ),
            Text("yanked" if one.yanked else "", style="yellow"),
            Text("signed" if one.signed else ""),
        )
    return table
