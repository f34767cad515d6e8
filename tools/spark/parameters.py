"""Write what Java, Python and docs/spark.md say of the stages' parameters: all of it from one table.

    python -m tools.spark.parameters [--check]

The table is ``jvm-bridge/spark/parameters.toml``. With ``--check`` nothing is written: the exit code is 1 where
a file is not what it would be.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "jvm-bridge/spark/parameters.toml"
JAVA = ROOT / "jvm-bridge/spark/src/main/java/org/djlift/spark"
PYTHON = ROOT / "python/djlift/spark/stages.py"
PAGE = ROOT / "docs/spark.md"
_WRITTEN = "Written by tools/spark/parameters.py from parameters.toml: change that."
_WIDTH = 120

# Java's class and type of a value, Python's constructor of the parameter and type of a value.
_TYPES = {
    "text": ("Param<String>", "String", "text", "str"),
    "whole": ("IntParam", "int", "whole", "int"),
    "flag": ("BooleanParam", "boolean", "flag", "bool"),
    "texts": ("StringArrayParam", "String[]", "texts", "list[str]"),
}


# What is said of a value of which nothing else has to be.
_GIVEN = {"text": "a name", "whole": "a number", "flag": "whether it is so", "texts": "a list"}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a stage; ``parameters.toml`` says what its fields mean."""

    name: str
    type: str
    doc: str
    about: str = ""
    default: Any = None
    python_default: Any = None
    unless: str = "the archive's value"
    unset: str = ""
    column: str | None = None
    values: tuple[str, ...] = ()
    ignore_case: bool = False
    least: int | None = None
    most: int | None = None

    @property
    def meaning(self) -> str:
        """What its value is, in Markdown, with the values that there are."""
        return "; ".join(part for part in (self.listed, self.about) if part)

    @property
    def listed(self) -> str:
        """The values that there are, in Markdown."""
        return _listed([f"`{value}`" for value in self.values]) if self.values else ""

    @property
    def otherwise(self) -> str:
        """What holds unless it is set, in Markdown."""
        if self.default is None:
            return self.unless
        other = f"; in Python `{self.python_default}`" if self.python_default is not None else ""
        return f"`{_word(self.default)}`{other}"

    @property
    def sentence(self) -> str:
        """What Spark's ``explainParam`` shows; that names a default itself and calls the rest "undefined"."""
        own = self.default is not None or self.name == "outputCol" or self.unless.startswith("none")
        unset = "" if own else f"unset: {self.unset or self.unless}"
        return "; ".join(part for part in (self.described, unset) if part).replace("`", "")

    @property
    def described(self) -> str:
        """What it is and what its value is, in Markdown. No colon: ``explainParam`` puts one before it."""
        doc = f"{self.doc} ({self.listed})" if self.values else self.doc
        return "; ".join(part for part in (doc, self.about) if part)

    @property
    def accessor(self) -> str:
        """What follows ``get`` and ``set``."""
        return self.name[0].upper() + self.name[1:]


@dataclass(frozen=True)
class Stage:
    """A stage: the name of its class, its new column with its fields, and the parameters of its own."""

    name: str
    output: str
    column: str
    about: str
    fields: Mapping[str, str]
    parameters: tuple[Parameter, ...]

    @property
    def params(self) -> str:
        """The name of the class with its accessors."""
        return self.name.removesuffix("Transformer") + "Params"


def read() -> tuple[tuple[Parameter, ...], tuple[Stage, ...]]:
    """Read the parameters that all stages share, and the stages."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    shared = _parameters(table.pop("shared"))
    common = {one.name: one for one in _parameters(table.pop("common"))}
    stages = [
        Stage(
            name,
            stage["output"],
            stage["column"],
            stage["about"],
            stage.get("fields", {}),
            (
                *(common[one] for one in stage.get("common", ())),
                *_parameters(stage.get("parameters", {})),
            ),
        )
        for name, stage in table.items()
    ]
    return shared, tuple(stages)


def _parameters(table: Mapping[str, Mapping[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name, **{**one, "values": tuple(one.get("values", ()))})
        for name, one in table.items()
    )


def files() -> dict[Path, str]:
    """Every file that is written, with its text."""
    shared, stages = read()
    written = {JAVA / "SharedParams.java": _shared_java(shared)}
    written |= {JAVA / f"{stage.params}.java": _stage_java(stage) for stage in stages}
    written[PYTHON] = _python(shared, stages)
    written[PAGE] = _page(PAGE.read_text(encoding="utf-8"), shared, stages)
    return written


def _shared_java(shared: tuple[Parameter, ...]) -> str:
    about = "The parameters that all stages have, with what they are unless set."
    own = tuple(one for one in shared if one.name != "outputCol")
    defaults = "\n".join(f"        {_default(one)}" for one in own if one.default is not None)
    return _java(
        shared,
        "SharedParams<T extends SharedParams<T>> extends Stage<T>",
        f"{about}\n\n@param <T> the stage itself",
        f"""\
    SharedParams(String uid, String output) {{
        super(uid);
        setDefault(outputCol, output);
{defaults}
    }}
""",
        "T",
    )


def _stage_java(stage: Stage) -> str:
    defaults = [f"        {_default(p)}" for p in stage.parameters if p.default is not None]
    body = "\n".join([f'        super(uid, "{stage.output}");', *defaults])
    columns = [p for p in stage.parameters if p.column]
    checked = "\n".join(f"        {p.column}(schema, {p.name});" for p in columns)
    return _java(
        stage.parameters,
        f"{stage.params} extends TaskTransformer<{stage.name}>",
        f"The parameters of {{@link {stage.name}}}, with what they are unless set.",
        f"""\
    {stage.params}(String uid) {{
{body}
    }}

    @Override
    final void checkInputs(StructType schema) {{
{checked}
    }}

    @Override
    final String[] inputs() {{
        return names(List.of({", ".join(p.name for p in columns)}));
    }}
""",
        stage.name,
    )


def _java(
    parameters: tuple[Parameter, ...], head: str, about: str, constructor: str, returned: str
) -> str:
    classes = {_TYPES[p.type][0].split("<")[0] for p in parameters}
    imports = [f"import org.apache.spark.ml.param.{name};" for name in sorted(classes)]
    if "StructType" in constructor:
        imports += ["import org.apache.spark.sql.types.StructType;", "", "import java.util.List;"]
    fields = "\n".join(_field(p) for p in parameters)
    checks = "".join(f"        {line}\n" for line in _checks(parameters))
    accessors = "\n".join(_accessors(p, returned) for p in parameters)
    return f"""\
// {_WRITTEN}
package org.djlift.spark;

{chr(10).join(imports)}

{_comment(about + chr(10) * 2 + "@serial exclude", "")}
public abstract class {head} {{

    private static final long serialVersionUID = 1L;

{fields}

{constructor}
    @Override
    void check() {{
        super.check();
{checks}    }}

{accessors}}}
"""


def _field(one: Parameter) -> str:
    kind = _TYPES[one.type][0]
    return (
        f"    private final {kind} {one.name} = new {kind.replace('<String>', '<>')}(\n"
        f'            this, "{one.name}", {_literal(one.sentence)});'
    )


def _literal(text: str) -> str:
    """A literal of Java, over several lines where it is long."""
    parts = textwrap.wrap(text, 92, drop_whitespace=False, break_long_words=False)
    return ("\n" + " " * 20 + "+ ").join(
        '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts
    )


def _default(one: Parameter) -> str:
    value = f'"{one.default}"' if isinstance(one.default, str) else _word(one.default)
    return f"setDefault({one.name}, {value});"


def _checks(parameters: tuple[Parameter, ...]) -> Iterator[str]:
    for one in parameters:
        if one.least is not None:
            yield f"atLeast({one.name}, {one.least});"
        if one.most is not None:
            yield f"atMost({one.name}, {one.most});"
        if one.values:
            values = ", ".join(f'"{value}"' for value in one.values)
            yield f"{'anyCaseOf' if one.ignore_case else 'oneOf'}({one.name}, {values});"
        if one.type == "texts":
            yield f"some({one.name});"


def _accessors(one: Parameter, returned: str) -> str:
    kind, value, _, _ = _TYPES[one.type]
    given = value.replace("[]", "...")
    doc = _code(one.doc)
    if one.default is None and one.name != "outputCol":
        got = "what was set\n@throws java.util.NoSuchElementException if nothing was set, as in all of Spark ML"
    else:
        got = "what was set, or the default"
    relation = "that says" if one.type == "flag" else "for"
    get = {
        "whole": f"number({one.name})",
        "flag": f"(Boolean) getOrDefault({one.name})",
    }.get(one.type, f"getOrDefault({one.name})")
    unless = "" if one.unless.startswith("none") else f"{one.otherwise.split(';')[0]} unless set"
    value_doc = _code("; ".join(part for part in (one.meaning or _GIVEN[one.type], unless) if part))
    return f"""\
{_comment(f"Returns the parameter {relation} {doc}.{chr(10) * 2}@return the parameter")}
    public final {kind} {one.name}() {{
        return {one.name};
    }}

{_comment(f"Sets {doc}.{chr(10) * 2}@param value {value_doc}{chr(10)}@return this stage")}
    public final {returned} set{one.accessor}({given} value) {{
        return with({one.name}, value);
    }}

{_comment(f"Returns {doc}.{chr(10) * 2}@return {got}")}
    public final {value} get{one.accessor}() {{
        return {get};
    }}
"""


def _comment(text: str, indent: str = "    ") -> str:
    """A comment of Javadoc; a line that begins with @ is a tag."""
    lines = [f"{indent}/**"]
    for line in text.split("\n"):
        more = "    " if line.startswith("@") else ""
        lines += textwrap.wrap(
            line,
            _WIDTH,
            initial_indent=f"{indent} * ",
            subsequent_indent=f"{indent} * {more}",
            break_long_words=False,
            break_on_hyphens=False,
        ) or [f"{indent} *"]
    return "\n".join([*lines, f"{indent} */"])


def _code(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"{@code \1}", text)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(values: list[str]) -> str:
    return f"{', '.join(values[:-1])} or {values[-1]}"


def _python(shared: tuple[Parameter, ...], stages: tuple[Stage, ...]) -> str:
    parts = [
        '"""The stages of Spark ML of every task; import :mod:`djlift.spark` rather than this.\n\n'
        f'{_WRITTEN}\n"""',
        "from __future__ import annotations",
        "from typing import Any",
        "from djlift.spark.stage import Stage, flag, keyword_only, text, texts, whole",
        "class SharedParams(Stage):\n"
        '    """The parameters that all stages have."""\n\n' + _python_fields(shared),
    ]
    parts += [_python_stage(shared, stage) for stage in stages]
    head, classes = parts[:4], parts[4:]
    return _formatted("\n\n".join(head) + "\n\n\n" + "\n\n\n".join(classes) + "\n")


def _python_fields(parameters: tuple[Parameter, ...]) -> str:
    return "\n".join(
        f"    {p.name} = {_TYPES[p.type][2]}({p.name!r}, {_python_literal(p.sentence)})"
        for p in parameters
    )


def _python_literal(text: str) -> str:
    return " ".join(repr(part) for part in textwrap.wrap(text, 90, drop_whitespace=False))


def _python_stage(shared: tuple[Parameter, ...], stage: Stage) -> str:
    named = {"outputCol": stage.output}
    named |= {p.name: _python_default(p) for p in shared if p.name != "outputCol"}
    own = {p.name: _python_default(p) for p in stage.parameters}
    defaults = {name: value for name, value in (own | named).items() if value is not None}
    given = {p.name: p for p in (*stage.parameters, *shared)}
    arguments = []
    for name, value in (own | named).items():
        kind = _TYPES[given[name].type][3]
        arguments.append(f"{name}: {kind if value is not None else kind + ' | None'} = {value!r}")
    listed = ", ".join(f"{name}={value!r}" for name, value in defaults.items())
    doc = _docstring(f"Adds `{stage.column}`: {stage.about}.")
    if stage.fields:
        fields = [_docstring(f"{name}: {said}.", "    ") for name, said in stage.fields.items()]
        doc += "\n\n    Each has these fields:\n        " + "\n        ".join(fields)
    return f'''class {stage.name}(SharedParams, {listed}):
    """{doc}

    ``stage.explainParams()`` describes the parameters, as does ``docs/spark.md``. They are given by name, or
    set by ``set...`` methods.

    Raises:
        UsageError: The jar ``djlift-spark`` is not on Spark's class path.
        pyspark.errors.IllegalArgumentException: In ``transform``, for a setting that makes no sense.
    """

{_python_fields(stage.parameters)}

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(self, *, {", ".join(arguments)}) -> None:
        super().__init__(**self._input_kwargs)'''


def _docstring(text: str, more: str = "") -> str:
    """Lines of a docstring from Markdown; ``more`` is before each line but the first."""
    lines = textwrap.wrap(
        text.replace("`", "``"), 100, break_long_words=False, break_on_hyphens=False
    )
    return f"\n    {more * 2}".join(lines)


def _python_default(one: Parameter) -> Any:
    return one.default if one.python_default is None else one.python_default


def _formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "-", "--stdin-filename", str(PYTHON)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _page(page: str, shared: tuple[Parameter, ...], stages: tuple[Stage, ...]) -> str:
    head = "| parameter | meaning | unless set |\n|---|---|---|\n"
    rows = [_row("", p) for p in shared if p.name != "outputCol"]
    page = _between(page, "shared parameters", head + "\n".join(rows))
    lines = ["| stage | new column | what is in it |", "|---|---|---|"]
    lines += [f"| `{s.name}` | `{s.output}`: `{s.column}` | {s.about} |" for s in stages]
    page = _between(page, "stages", "\n".join(lines))
    lines = ["| stage | parameter | meaning | unless set |", "|---|---|---|---|"]
    lines += [_row(f"| `{s.name}` ", p) for s in stages for p in s.parameters]
    return _between(page, "parameters of a stage", "\n".join(lines))


def _row(before: str, one: Parameter) -> str:
    return f"{before}| `{one.name}` | {one.described} | {one.otherwise} |"


def _between(page: str, what: str, table: str) -> str:
    pattern = rf"(<!-- {what}: {re.escape(_WRITTEN)} -->\n)(?:\|[^\n]*\n)*"
    found, times = re.subn(pattern, lambda match: match[1] + table + "\n", page)
    if times != 1:
        raise SystemExit(f"{PAGE}: expected one mark '<!-- {what}: {_WRITTEN} -->', found {times}")
    return found


def main() -> int:
    """Write the files, or say which are not what they would be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for file, text in files().items():
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        if check:
            print(
                f"{file.relative_to(ROOT)} is not what parameters.toml says: run tools.spark.parameters"
            )
            return 1
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
