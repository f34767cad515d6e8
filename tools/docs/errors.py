"""Collect the code of every error that a user can meet, and write ``docs/errors.md``.

``python -m tools.docs.errors`` writes the page; ``tests/unit/test_errors.py`` holds it current.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from djlift import errors
from djlift.errors import DjliftError

PACKAGE = Path(errors.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
KINDS = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DjliftError)
} | {"BadTexts": errors.TextsError, "not_listed": errors.UsageError}
_HEAD = """# Errors and their codes

Every error says what is wrong, in which file, what was expected, what was found, what to do and its code:
on stderr as lines, on stdout as JSON with `--json`. A code stays when the words change, so scripts and tests
should compare codes. Exit code 2: the input, the machine or the command line cannot be used. Exit code 1:
it ran, and parity or a gate failed; nothing else is. Ctrl-C is 130, SIGTERM 143.

`internal-error` (exit code 2) is a fault of djlift's own: it says what was being done to which file. `--debug`,
of every command, or `DJLIFT_DEBUG=1` shows the traceback to report.

The codes of refused archives are explained in [hostile archives](hostile.md), those of signatures in
[trust](trust.md). This page is written by `python -m tools.docs.errors`.

| code | exit | error | says |
|---|---|---|---|
"""


@dataclass(frozen=True, order=True)
class Site:
    """A place that makes an error: where a code is no literal, ``code`` is None."""

    code: str | None
    kind: str
    sentence: str
    module: str
    line: int


def sites(package: Path = PACKAGE) -> Iterator[Site]:
    """Every call that makes an error, in the order of the files."""
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in KINDS:
                module = file.relative_to(package).as_posix()
                sentence = _sentence(node.args[0]) if node.args else ""
                named = {keyword.arg: keyword.value for keyword in node.keywords}
                # not_listed takes the code second, and the class of the error by name.
                code_at = named.get("code") or next(iter(node.args[1:2]), None)
                chosen = named.get("kind")
                kind = chosen.id if isinstance(chosen, ast.Name) else node.func.id
                for code in _codes(code_at) if code_at else [None]:
                    yield Site(code, kind, sentence, module, node.lineno)


def _codes(value: ast.expr) -> list[str | None]:
    if isinstance(value, ast.IfExp):
        return [*_codes(value.body), *_codes(value.orelse)]
    return [value.value if isinstance(value, ast.Constant) else None]


def _sentence(value: ast.expr) -> str:
    """The words; what is filled in as an ellipsis."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.JoinedStr):
        return "".join(_sentence(v) if isinstance(v, ast.Constant) else "…" for v in value.values)
    if isinstance(value, ast.IfExp):
        return f"{_sentence(value.body)}; or: {_sentence(value.orelse)}"
    if isinstance(value, ast.BinOp):
        return _sentence(value.left) + _sentence(value.right)
    return "…"


def page() -> str:
    """The text of ``docs/errors.md``."""
    rows: dict[str, list[Site]] = {}
    for site in sites():
        if site.code is not None:
            rows.setdefault(site.code, []).append(site)
    lines = []
    for code, made in sorted(rows.items()):
        kinds = sorted({KINDS[site.kind].__name__ for site in made})
        exits = sorted({KINDS[site.kind].exit_code for site in made})
        words = sorted({site.sentence.replace("|", "\\|") for site in made})
        cells = f"`{code}`", ", ".join(map(str, exits)), ", ".join(kinds), "<br>".join(words)
        lines.append("| " + " | ".join(cells) + " |\n")
    return _HEAD + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
