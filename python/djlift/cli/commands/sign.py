"""``djlift sign``: the command, and the options of others that ask for a signature.

What they do is in :mod:`djlift.archive.signing`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from djlift.archive.signing import Trust
from djlift.base.preconditions import refuse_unwritable
from djlift.cli.options import ArchiveArgument, JsonFlag
from djlift.cli.terminal import print_json, stdout
from djlift.errors import UsageError

TrustKey = Annotated[
    Path | None,
    typer.Option(metavar="KEY", help="The public key that must have signed the archive."),
]
SignatureFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The signature for --trust-key. Default: ARCHIVE.sig."),
]


def trust_of(key: Path | None, signature: Path | None) -> Trust | None:
    """What an archive must be signed with; None when nothing is asked."""
    if key is None:
        if signature is not None:
            raise UsageError(
                "--signature belongs to --trust-key",
                code="signature-without-key",
                mend="pass --trust-key KEY too",
            )
        return None
    return Trust(key, signature)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="Example:  djlift sign model.zip --key signing.pem")(sign)


def sign(
    archive: ArchiveArgument,
    key: Annotated[
        Path, typer.Option(metavar="KEY", help="A P-256 private key in PEM, without a password.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the signature goes. Default: ARCHIVE.sig."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Sign an archive's files in the OpenSSF model-signing format."""
    from djlift.archive.signing import sign_beside

    refuse_unwritable("--out", out)
    place = sign_beside(archive, key, out)
    if as_json:
        print_json({"archive": str(archive), "signature": str(place)})
    else:
        stdout().print(Text(str(place)), soft_wrap=True)
