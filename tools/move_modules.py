"""Move modules to their packages by one table, ``moved_modules.toml``: files, imports and mentions.

A branch that was begun before the move follows by running this on it again; a module that has moved already is
left alone. Run ``ruff check --fix`` and ``ruff format`` after it.

    python tools/move_modules.py [--dry-run]
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = Path(__file__).with_name("moved_modules.toml")
# Where the modules of a top-level package lie.
_AT = {"djlift": "python/djlift", "tests": "tests", "tools": "tools"}
# Also the name of a setting of the JVM: in text it stays.
_NO_MENTION = {"djlift.zoo"}
_KEPT_AS_THEY_ARE = {"CHANGELOG.md", "tools/moved_modules.toml", "tools/move_modules.py"}


@dataclass(frozen=True)
class Table:
    """Old module to new module, old folder or file of data to its new place, new package to its docstring."""

    modules: Mapping[str, str]
    files: Mapping[str, str]
    packages: Mapping[str, str]


_NOTHING = Table({}, {}, {})


def read_table() -> Table:
    """Read the table, and leave out the modules that have moved."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    # A module may have become the package of its name: that one has moved.
    modules = {
        old: new
        for old, new in table["modules"].items()
        if _file(old).exists() and not _target(new).exists()
    }
    files = {old: new for old, new in table["files"].items() if (ROOT / old).exists()}
    return Table(modules, files, table["packages"])


def _file(module: str) -> Path:
    """The file of a module; of a package its ``__init__.py``."""
    top, *parts = module.split(".")
    place = (ROOT / _AT[top]).joinpath(*parts)
    return place / "__init__.py" if place.is_dir() and not _plain(place).exists() else _plain(place)


def _plain(place: Path) -> Path:
    return place.with_name(f"{place.name}.py")


def _target(module: str) -> Path:
    top, *parts = module.split(".")
    return _plain((ROOT / _AT[top]).joinpath(*parts))


# ---- text: every mention by full name or path


def mentions(table: Table) -> list[tuple[re.Pattern[str], dict[str, str]]]:
    """Patterns of what names a module in text, each with what takes the place of what it finds."""
    renamed = {old: new for old, new in table.modules.items() if old != new}
    dotted = {old: new for old, new in renamed.items() if old not in _NO_MENTION}
    paths = dict(table.files)
    for old, new in renamed.items():
        here = _file(old).relative_to(ROOT).as_posix()
        there = _target(new).relative_to(ROOT).as_posix()
        paths[here] = there
        paths[here.removeprefix("python/")] = there.removeprefix("python/")
    return [
        (
            re.compile(
                rf"(?<![\w./-])({_any(dotted)})(?![\w/-]|\.(?:py|json|toml)\b)",
            ),
            dotted,
        ),
        (re.compile(rf"(?<![\w./-])((?:\.\./)*)({_any(paths)})(?![\w-])"), paths),
    ]


def _any(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


def rename_mentions(text: str, patterns: Iterable[tuple[re.Pattern[str], dict[str, str]]]) -> str:
    """The text with every mention of an old name replaced."""
    for pattern, new in patterns:
        text = pattern.sub(partial(_renamed, new), text)
    return text


def _renamed(new: Mapping[str, str], found: re.Match[str]) -> str:
    old = found.groups()[-1]
    return found[0].removesuffix(old) + new[old]


# ---- code: modules that are imported from their package, and the names that they are bound to


def rename_imports(
    source: str, table: Table, file: Path, patterns: list[tuple[re.Pattern[str], dict[str, str]]]
) -> str:
    """The code with imports from the new places, uses of a module by its new name, and mentions renamed."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    origin = {id(node): _origin(node, file) for node in imports}
    bound = {}
    for node in imports:
        for alias in node.names:
            new = table.modules.get(f"{origin[id(node)]}.{alias.name}")
            if new is not None and alias.asname is None:
                bound[alias.name] = new
    called = _called(tree, bound, imports, file)
    starts = [0]
    for line in source.encode().split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    edits: list[tuple[int, int, str]] = []

    def replace(node: ast.stmt | ast.expr, text: str) -> None:
        assert node.end_lineno and node.end_col_offset is not None
        begin = starts[node.lineno - 1] + node.col_offset
        edits.append((begin, starts[node.end_lineno - 1] + node.end_col_offset, text))

    for node in imports:
        if origin[id(node)].split(".")[0] in _AT:
            lines = _import_lines(node, origin[id(node)], table, called)
            same = not node.level and lines == _import_lines(node, origin[id(node)], _NOTHING, {})
            replace(
                node,
                ast.get_source_segment(source, node) or ""
                if same
                else ("\n" + " " * node.col_offset).join(lines),
            )
    for used in ast.walk(tree):
        if isinstance(used, ast.Name) and called.get(used.id, used.id) != used.id:
            replace(used, called[used.id])
    data, at, parts = source.encode(), 0, []
    for begin, end, text in sorted(edits):
        parts += [rename_mentions(data[at:begin].decode(), patterns), text]
        at = end
    return "".join([*parts, rename_mentions(data[at:].decode(), patterns)])


def _origin(node: ast.ImportFrom, file: Path) -> str:
    """The full name of what an import takes its names from."""
    if not node.level:
        return node.module or ""
    above = file.relative_to(ROOT).parts[: -node.level]
    return ".".join([*above[above[0] == "python" :], *([node.module] if node.module else [])])


def _called(
    tree: ast.AST, bound: Mapping[str, str], imports: list[ast.ImportFrom], file: Path
) -> dict[str, str]:
    """What each module is called in a file: its new name; with its package where that name is taken there."""
    other = set(_names_bound(tree))
    names = other | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {
        a.asname or a.name
        for node in imports
        for a in node.names
        if (a.asname or a.name) not in bound
    }
    called: dict[str, str] = {}
    for old, module in bound.items():
        _, package, new = module.rsplit(".", 2)
        taken = (names | set(bound) | set(called.values())) - {old}
        free = [name for name in (new, f"{package}_{new}", f"{new}_module") if name not in taken]
        called[old] = old if old in other else free[0]
        if called[old] != new:
            print(f"{file.relative_to(ROOT)}: {module} is called {called[old]}", file=sys.stderr)
    return called


def _import_lines(
    node: ast.ImportFrom, origin: str, table: Table, called: Mapping[str, str]
) -> list[str]:
    """The statements that take the place of an import, one for each module that is imported from."""
    names: dict[str, list[str]] = {}
    for alias in node.names:
        new = table.modules.get(f"{origin}.{alias.name}")
        if new is None:
            source, name = table.modules.get(origin, origin), alias.name
            local = alias.asname or name
        else:
            source, _, name = new.rpartition(".")
            local = alias.asname or called.get(alias.name, name)
        names.setdefault(source, []).append(name if local == name else f"{name} as {local}")
    return [f"from {source} import {', '.join(listed)}" for source, listed in names.items()]


def _names_bound(tree: ast.AST) -> Iterator[str]:
    """Names that code binds other than by the imports in question."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case ast.Import(names=names):
                yield from ((a.asname or a.name).split(".")[0] for a in names)


# ---- the tree


def tracked() -> list[Path]:
    """The files of the repository that are text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    files = [
        ROOT / name
        for name in listed.decode().split("\0")
        if name and name not in _KEPT_AS_THEY_ARE
    ]
    return [f for f in files if f.is_file() and b"\0" not in f.read_bytes()[:8000]]


def move(table: Table) -> None:
    """Rewrite every file, then move those of the table, and give new packages their ``__init__.py``."""
    patterns = mentions(table)
    for file in tracked():
        try:
            before = file.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        if file.suffix == ".py":
            after = rename_imports(before, table, file, patterns)
        else:
            after = rename_mentions(before, patterns)
        if after != before:
            file.write_bytes(after.encode())
    # Beside first: a module may become the package of its own name.
    plan = [(_file(old), _target(new)) for old, new in table.modules.items() if old != new]
    plan += [(ROOT / old, ROOT / new) for old, new in table.files.items()]
    waiting = []
    for number, (old, new) in enumerate(plan):
        beside = ROOT / f".moving-{number}"
        _git("mv", old, beside)
        waiting.append((beside, new))
    for beside, new in waiting:
        new.parent.mkdir(parents=True, exist_ok=True)
        _git("mv", beside, new)
    for package, about in table.packages.items():
        top, *parts = package.split(".")
        init = (ROOT / _AT[top]).joinpath(*parts, "__init__.py")
        if not init.exists():
            init.parent.mkdir(parents=True, exist_ok=True)
            init.write_text(f'"""{about}"""\n' if about else "", encoding="utf-8")
            _git("add", init)


def _git(*words: str | Path) -> None:
    subprocess.run(["git", *map(str, words)], cwd=ROOT, check=True)


def main() -> None:
    """Move what has not moved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="say what would move")
    dry = parser.parse_args().dry_run
    table = read_table()
    for old, new in [*table.modules.items(), *table.files.items()]:
        if dry and old != new:
            print(f"{old} -> {new}")
    if not dry:
        move(table)


if __name__ == "__main__":
    main()
