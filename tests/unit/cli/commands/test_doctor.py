"""The doctor's findings are shown as they stand, each with what to do about it."""

from __future__ import annotations

import io

from rich.console import Console

from djlift.cli.commands.doctor import show
from djlift.doctor import Finding


def test_show() -> None:
    """A finding on a line, the mend below it; brackets are no markup."""
    out = io.StringIO()
    findings = [
        Finding("java", "ok", "17 [in /opt/jdk]"),
        Finding("torch", "missing", "not installed", "pip install 'djlift[export]'"),
    ]
    show(findings, Console(file=out, width=100, no_color=True))
    assert [line.rstrip().split(maxsplit=2) for line in out.getvalue().splitlines()] == [
        ["ok", "java", "17 [in /opt/jdk]"],
        ["missing", "torch", "not installed"],
        ["mend:", "pip", "install 'djlift[export]'"],
    ]
