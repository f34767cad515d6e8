"""Move the classes of the Java half to their packages by one table, ``moved_classes.toml``.

A branch that was begun before the move runs this before it merges; a class that has moved already is left
alone. It rewrites package lines, imports and mentions, in Scala, Python and the docs too. What is used from
another package then becomes public, in internal packages and tests only: for anything else the compiler's
words are printed.

    python tools/move_classes.py [--open-up TASK ...]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BRIDGE = ROOT / "jvm-bridge"
TABLE = Path(__file__).with_name("moved_classes.toml")
OLD_PACKAGES = ("org.djlift", "org.djlift.internal", "org.djlift.zoo")
_TEXT = {".java", ".scala", ".py", ".md", ".toml", ".gradle", ".sh", ".properties", ""}
_KEPT_AS_THEY_ARE = {"CHANGELOG.md", "tools/moved_classes.toml", "tools/move_classes.py"}
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_NOT_PUBLIC = re.compile(r"\b(\w+)(?:<[^\n]*>)?(\([^\n]*\))? is not public in ([\w.]+)")
_CLASS_NOT_PUBLIC = re.compile(r"error: (\w+)\.\w+\([^\n]*\) is defined in an inaccessible class")
_WEAKER = re.compile(
    r"^(\S+\.java):(\d+): error: .* (?:cannot override|cannot implement) .*\n.*weaker access", re.M
)
_DECLARATION = (
    r"^(?P<indent> *)(?=(?:(?:static|final|abstract|synchronized|strictfp) )*{what})"
    r"(?! *(?:public|private|protected|return|new|throw)\b)"
)


@dataclass(frozen=True)
class Move:
    """A class: its old and new full name, and the source file to be."""

    old: str
    new: str
    file: Path
    to: Path


def simple(name: str) -> str:
    """The last part of a full name."""
    return name.rpartition(".")[2]


def package(name: str) -> str:
    """All but the last part of a full name."""
    return name.rpartition(".")[0]


def read_table() -> list[Move]:
    """Find the classes of the table that lie in an old place."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    moves = []
    for into, classes in table["packages"].items():
        for row in classes.split():
            new, _, old = row.partition("<-")
            for before in OLD_PACKAGES:
                inside = before.replace(".", "/")
                for file in BRIDGE.glob(f"core/src/*/java/{inside}/{old or new}.java"):
                    project = table["projects"].get(into, "core")
                    kind = file.relative_to(BRIDGE).parts[2]
                    if project == "measure" and kind == "test" and not new.endswith("Test"):
                        kind = "main"
                    to = (
                        BRIDGE
                        / project
                        / "src"
                        / kind
                        / "java"
                        / into.replace(".", "/")
                        / f"{new}.java"
                    )
                    moves.append(Move(f"{before}.{old or new}", f"{into}.{new}", file, to))
    return [move for move in moves if move.file != move.to]


def _all_classes(moves: list[Move]) -> dict[str, str]:
    """Old full name to new one, of all classes in old packages, those that stay among them."""
    names = {}
    for before in OLD_PACKAGES:
        for file in BRIDGE.glob(f"core/src/*/java/{before.replace('.', '/')}/*.java"):
            names[f"{before}.{file.stem}"] = f"{before}.{file.stem}"
    return names | {move.old: move.new for move in moves}


def rewritten(text: str, before: str, own: str, names: dict[str, str]) -> str:
    """A Java file's text in the package of ``own``, its new full name; ``before`` is its old one."""
    old_package = package(before)
    imports = set(re.findall(r"^import (?!static)([\w.]+);", text, re.M))
    here = package(own)
    declared = {simple(own)} | set(
        re.findall(r"\b(?:class|interface|enum|record) (\w+)", _COMMENT.sub("", text))
    )
    declared -= {simple(before)} - {simple(own)}
    taken = {simple(name) for name in imports}
    scope = {simple(old): old for old in imports if old in names}
    for old in names:
        name = simple(old)
        if package(old) == old_package and name not in taken and name not in declared:
            scope[name] = old
    head, _, body = text.partition("\n")
    body = re.sub(r"^import (?!static)[\w.]+;\n", "", body, flags=re.M)
    code = _STRING.sub('""', _COMMENT.sub("", body))
    code = re.sub(r"^import static [^\n]*", "", code, flags=re.M)
    wanted = {name for name in imports if name not in names}
    for name, old in scope.items():
        new = names[old]
        if simple(new) != name:
            body = re.sub(rf"(?<![.\w]){name}\b", simple(new), body)
            code = re.sub(rf"(?<![.\w]){name}\b", simple(new), code)
        if package(new) == here:
            continue
        if re.search(rf"(?<![.\w]){simple(new)}\b", code):
            wanted.add(new)
        else:
            body = _COMMENT.sub(lambda found, new=new: _named(found[0], new), body)  # type: ignore[misc]
    statics = sorted(set(re.findall(r"^import static [\w.*]+;", body, re.M)))
    body = re.sub(r"^import static [\w.*]+;\n", "", body, flags=re.M).lstrip("\n")
    groups = [statics] if statics else []
    domains = {name.split(".")[0] for name in wanted}
    for domain in sorted(domains, key=lambda one: (one.startswith("java"), one)):
        groups.append(
            [f"import {name};" for name in sorted(wanted) if name.split(".")[0] == domain]
        )
    parts = [f"package {here};", *("\n".join(group) for group in groups), body]
    assert head == f"package {old_package};", f"{own}: {head}"
    return "\n\n".join(parts)


def _named(comment: str, new: str) -> str:
    """A comment whose links name a class in full."""
    name = simple(new)
    comment = re.sub(rf"(\{{@link(?:plain)?\s+(?:\* )?){name}\b", rf"\g<1>{new}", comment)
    return re.sub(rf"(@(?:throws|see)\s+){name}\b", rf"\g<1>{new}", comment)


def _scala_imports(text: str, names: dict[str, str]) -> str:
    """Grouped imports by the new packages."""

    def regrouped(found: re.Match[str]) -> str:
        groups: dict[str, list[str]] = {}
        for item in (part.strip() for part in found[2].split(",")):
            name, arrow, alias = item.partition(" => ")
            new = names.get(f"{found[1]}.{name}", f"{found[1]}.{name}")
            groups.setdefault(package(new), []).append(simple(new) + arrow + alias)
        lines = []
        for into, items in sorted(groups.items()):
            one = len(items) == 1 and "=>" not in items[0]
            lines.append(
                f"import {into}.{items[0]}" if one else f"import {into}.{{{', '.join(items)}}}"
            )
        return "\n".join(lines)

    return re.sub(r"import (org\.djlift)\.\{([^}]*)\}", regrouped, text)


def _mentions(text: str, names: dict[str, str]) -> str:
    def new(found: re.Match[str]) -> str:
        return names.get(found[0], found[0])

    return re.sub(r"\borg\.djlift(?:\.internal|\.zoo)?\.[A-Z]\w*", new, text)


def move() -> None:
    """Move all files and rewrite what names them."""
    moves = read_table()
    names = _all_classes(moves)
    changed = {old: new for old, new in names.items() if old != new}
    if not changed:
        return
    new_of = {move.file: move for move in moves}
    for file in sorted(BRIDGE.glob("*/src/**/*.java")):
        text = file.read_text(encoding="utf-8")
        old_package = re.findall(r"^package ([\w.]+);", text)
        if file.name in {"package-info.java", "module-info.java"} or not old_package:
            continue
        found = new_of.get(file)
        before = f"{old_package[0]}.{file.stem}"
        text = _mentions(rewritten(text, before, found.new if found else before, names), changed)
        file.write_text(text, encoding="utf-8")
    for one in moves:
        one.to.parent.mkdir(parents=True, exist_ok=True)
        _git("mv", str(one.file), str(one.to))
    for name in _git("ls-files").splitlines():
        file = ROOT / name
        if (
            file.suffix == ".java"
            or (file.suffix not in _TEXT and file.parent.name != "services")
            or name in _KEPT_AS_THEY_ARE
            or not file.is_file()
        ):
            continue
        before = file.read_text(encoding="utf-8", errors="surrogateescape")
        after = _mentions(
            _scala_imports(before, changed) if file.suffix == ".scala" else before, changed
        )
        if after != before:
            file.write_text(after, encoding="utf-8", errors="surrogateescape")


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def open_up(tasks: Iterable[str]) -> int:
    """Compile; make public what the compiler asks for, until it asks for no more."""
    while True:
        ran = subprocess.run(
            [str(BRIDGE / "gradle"), "--quiet", "--continue", *tasks],
            cwd=ROOT, check=False, capture_output=True, text=True,
        )  # fmt: skip
        said = ran.stdout + ran.stderr
        asked = {(found[3], found[1]) for found in _NOT_PUBLIC.finditer(said)}
        asked |= {(found[1], found[1]) for found in _CLASS_NOT_PUBLIC.finditer(said)}
        edits = sum([_published(where, what) for where, what in sorted(asked)])
        edits += sum([_published_line(Path(at[1]), int(at[2])) for at in _WEAKER.finditer(said)])
        if not edits:
            print(said)
            return ran.returncode
        print(f"{edits} declarations made public", flush=True)


def _published(where: str, what: str) -> int:
    """Make the declarations of a name in a class public; a nested class is named by its last part."""
    last = simple(where)
    edits = 0
    for file in BRIDGE.glob("*/src/*/java/**/*.java"):
        text = file.read_text(encoding="utf-8")
        kind = file.relative_to(BRIDGE).parts
        api = kind[2] == "main" and kind[0] in ("core", "spark") and "/internal/" not in str(file)
        if api or not re.search(rf"\b(?:class|interface|enum) (?:{last}|{what})\b", text):
            continue
        lines = text.split("\n")
        kinds = (
            rf"(?:(?:class|interface|enum) {what}\b|[\w<>\[\], .?&]+ {what}(?: =|;|\()|{what}\()"
        )
        pattern = re.compile(_DECLARATION.format(what=kinds))
        for number, line in enumerate(lines):
            found = pattern.match(line)
            if found and _is_member(lines, number, len(found["indent"])):
                lines[number] = found["indent"] + "public " + line.lstrip()
                edits += 1
        file.write_text("\n".join(lines), encoding="utf-8")
    return edits


def _is_member(lines: list[str], number: int, indent: int) -> bool:
    """Whether a line stands in the body of a class, not of a method, and not of an interface."""
    for line in reversed(lines[:number]):
        if indent and line[: indent - 3].strip(" */)}@") and line.startswith(" " * (indent - 4)):
            return bool(re.search(r"\b(?:class|enum) \w+", line))
    return not indent


def _published_line(file: Path, number: int) -> int:
    lines = file.read_text(encoding="utf-8").split("\n")
    line = lines[number - 1]
    if re.match(r"\s*(public|private)\b", line):
        return 0
    lines[number - 1] = re.sub(r"^( *)(?:protected )?", r"\1public ", line)
    file.write_text("\n".join(lines), encoding="utf-8")
    return 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--open-up",
        nargs="+",
        metavar="TASK",
        help="then compile, and make public what is asked for",
    )
    given = parser.parse_args()
    move()
    sys.exit(open_up(given.open_up) if given.open_up else 0)
