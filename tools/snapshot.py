"""Keep what djlift gives now, and compare it after a change.

``python -m tools.snapshot keep FOLDER`` writes small checkpoints, runs every command of djlift on them and
writes a text file for each run: exit code, output, reports, archives. With ``compare`` in place of ``keep`` it
runs the same on the same checkpoints and prints what differs as a diff; exit code 1 if anything does. Code
that only moves must change nothing.

Left out, because it differs between two runs: times, memory, temporary names, and the fingerprint of djlift's
own code in an archive.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FROZEN = ROOT / "tests" / "data" / "v0.1.0" / "zoo"
COMMANDS = (
    *("build", "verify", "predict", "inspect", "doctor", "bench", "calibrate", "diff", "sign"),
    *("publish", "list", "yank"),
)
VARIES = (
    (re.compile(r"\b\d+(\.\d+)? ?(s|ms|MiB|min)\b"), "# \\2"),
    (re.compile(r'(time|timestamp|seconds|hostname)="[^"]*"'), r'\1="#"'),
    (re.compile(r'"seconds": \{[^}]*\}'), '"seconds": #'),
    (re.compile(r'"(seconds|gain|peak\w*|weights_mib)": [\d.]+'), r'"\1": #'),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?\S*"), "#"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
)
"""What differs between two runs; hashes of files are compared in what :func:`_members` gives."""
BAD = (
    ("build", "nowhere"),
    ("build", "bert", "--precision", "fp61"),
    ("build", "bert", "--task", "token-clasification"),
    ("build", "bert", "-p", "top_k=3"),
    ("build", "bert", "--zoo", "bert/config.json/zoo"),
    ("build", "bert", "--name", "No Name"),
    ("build", "embedder", "--aggregation-strategy", "simple"),
    ("build", "bert", "--eval", "nowhere.conll"),
    ("verify", "nowhere.zip"),
    ("verify", "texts.txt"),
    ("verify", "fp32.zip", "--texts", "table.csv"),
    ("verify", "fp32.zip", "--html", "nowhere/report.html"),
    ("verify", "fp32.zip", "--fuzz", "5x"),
    ("verify", "fp32.zip", "--trust-key", "texts.txt"),
    ("predict", "fp32.zip", "--input", "table.csv"),
    ("predict", "fp32.zip", "--input", "lines.jsonl"),
    ("predict", "fp32.zip", "--input", "texts.txt", "--stride", "600"),
    ("predict", "fp32.zip", "--input", "texts.txt", "-p", "top_k=3"),
    ("bench", "fp32.zip", "--against", "tritn"),
    ("calibrate", "fp32.zip", "--texts", "nowhere.txt", "--output", "c.json"),
    ("diff", "fp32.zip", "nowhere.zip"),
    ("sign", "fp32.zip", "--key", "texts.txt"),
    ("publish", "fp32.zip"),
    ("publish", "fp32.zip", "s3:/bucket"),
    ("list", "nowhere"),
    ("yank", "zoo", "nothing/1.0.0"),
)


class Snapshot:
    """Runs commands in a work folder and writes what they give.

    Attributes:
        work: The folder they run in; checkpoints and archives lie there.
        to: The folder of the text files.
    """

    def __init__(self, work: Path, to: Path) -> None:
        self.work, self.to = work, to
        self._program = str(Path(sys.executable).with_name("djlift"))

    def command(self, name: str, *arguments: str, reports: Sequence[str] = ()) -> None:
        """Run a command; keep its exit code, its output and the reports that it writes."""
        code, out, err = self._run(arguments)
        parts = [f"$ djlift {' '.join(arguments)}", f"exit code {code}", out]
        # Progress depends on the clock; what an error says does not.
        parts += [err] if code not in (0, 1) else []
        for report in reports:
            file = self.work / report
            parts += [f"== {report}", file.read_text("utf-8") if file.exists() else "not written"]
        self.keep(name, "\n".join(parts))

    def keep(self, name: str, text: str) -> None:
        """Write a file of the snapshot."""
        folders = ((tempfile.gettempdir(), "<tmp>"), (str(ROOT), "<root>"))
        named = [(re.compile(re.escape(folder)), instead) for folder, instead in folders]
        for pattern, instead in (*named, *VARIES):
            text = pattern.sub(instead, text)
        self._write(name, text.rstrip())

    def _write(self, name: str, text: str) -> None:
        file = self.to / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
        print(file.relative_to(self.to), file=sys.__stderr__, flush=True)

    def archives(self, name: str, zoo: str) -> None:
        """Keep the hash of each file of each archive, and the manifest but for the fingerprint."""
        lines = []
        for archive in sorted((self.work / zoo).rglob("*.zip")):
            lines += [f"== {archive.relative_to(self.work)}", *_members(archive)]
        self._write(name, "\n".join(lines))

    def _run(self, arguments: Sequence[str]) -> tuple[int, str, str]:
        ran = subprocess.run(
            [self._program, *arguments],
            cwd=self.work,
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        return ran.returncode, ran.stdout, ran.stderr


def _members(archive: Path) -> Iterator[str]:
    with zipfile.ZipFile(archive) as found:
        for name in sorted(found.namelist()):
            data = found.read(name)
            if name != "djlift.json":
                yield f"{hashlib.sha256(data).hexdigest()} {name}"
                continue
            manifest = json.loads(data)
            manifest["digest"] = manifest["source"]["inputs"] = "<fingerprint>"
            yield json.dumps(manifest, indent=1, sort_keys=True)


def _checkpoints(folder: Path) -> None:
    """Write checkpoints of all tasks, once: training a tokenizer twice may give two vocabularies."""
    from tests.support.checkpoints import architectures, task_writer
    from tests.support.checkpoints.broken import write_tiny

    heads: dict[str, tuple[str, dict[str, Any]]] = {
        "embedder": ("AutoModel", {}),
        "reader": ("AutoModelForQuestionAnswering", {}),
        "sentiment": ("AutoModelForSequenceClassification", {}),
        "masked": ("AutoModelForMaskedLM", {}),
        "entailment": (
            "AutoModelForSequenceClassification",
            {"id2label": {0: "contradiction", 1: "neutral", 2: "entailment"}},
        ),
        "ranker": ("AutoModelForSequenceClassification", {"num_labels": 1}),
    }
    architectures.write("BERT", "WordPiece, cased", folder / "bert")
    for name, (auto, settings) in heads.items():
        task_writer.write(
            folder / name, auto, "BERT", vocabulary="WordPiece, cased", settings=settings
        )
    write_tiny(folder / "tiny")


def _texts(work: Path) -> None:
    (work / "texts.txt").write_text("Anna met Tom in Berlin.\n\nZürich 🇨🇭 and <b>\n", "utf-8")
    (work / "table.csv").write_text("id,text\n1,Anna\n", "utf-8")
    (work / "lines.jsonl").write_text('{"text": "Anna"}\n{"txt": "Tom"}\n', "utf-8")


def _builds(to: Snapshot) -> None:
    three = [option for p in ("fp32", "fp16", "int8") for option in ("--precision", p)]
    tasks = {
        "bert": three,
        "embedder": [*three, "--task", "text-embedding", "-p", "pooling=mean"],
        "reader": [],
        "sentiment": [],
        "masked": ["--task", "fill-mask"],
        "entailment": ["--task", "zero-shot-classification"],
        "ranker": ["--task", "text-ranking"],
    }
    for name, options in tasks.items():
        to.command(f"build/{name}", "build", name, "--zoo", "zoo", *options)
    to.command("build/json", "build", "bert", "--zoo", "zoo", "--name", "again", "--json")
    to.archives("archives", "zoo")


def _reports(to: Snapshot) -> None:
    """Every command on an archive that was built now, and on those of 0.1.0."""
    (built,) = (to.work / "zoo").rglob("bert-1.0.0-fp32.zip")
    shutil.copyfile(built, to.work / "fp32.zip")
    archives = {"built": Path("fp32.zip")}
    archives |= {f.stem: f for f in sorted(FROZEN.rglob("*.zip"))}
    for name, archive in archives.items():
        file = str(archive)
        written = ("report.xml", "report.html")
        forms = ("--junit", "report.xml", "--html", "report.html")
        to.command(f"verify/{name}", "verify", file, *forms, reports=written)
        to.command(f"verify/{name}-json", "verify", file, "--json")
        to.command(f"inspect/{name}", "inspect", file)
        to.command(f"inspect/{name}-json", "inspect", file, "--json")
    to.command("verify/stock", "verify", "fp32.zip", "--translator", "stock")
    to.command("verify/texts", "verify", "fp32.zip", "--texts", "texts.txt", "--reference", "bert")
    to.command("predict", "predict", "fp32.zip", "--input", "texts.txt")
    to.command("list", "list", "zoo")
    to.command("list-json", "list", "zoo", "--json")
    (other,) = (to.work / "zoo").rglob("bert-1.0.0-int8.zip")
    to.command("diff", "diff", "fp32.zip", str(other.relative_to(to.work)))
    to.command("diff-json", "diff", "fp32.zip", str(other.relative_to(to.work)), "--json")
    to.command("publish", "publish", "fp32.zip", "published", "--json")
    to.command("yank", "yank", "published", "bert/1.0.0", "--json")
    to.command("yanked", "list", "published", "--json")


def _faults(to: Snapshot) -> None:
    from tests.support import planted_faults

    faults = (
        *(
            planted_faults.one_weight_changed,
            planted_faults.inputs_swapped,
            planted_faults.mask_ignored,
        ),
        *(
            planted_faults.types_dropped,
            planted_faults.label_renamed,
            planted_faults.golden_id_edited,
        ),
        *(planted_faults.golden_logit_edited, planted_faults.golden_entity_edited),
    )
    for fault in faults:
        planted_faults.tampered(to.work / "fp32.zip", to.work / "planted.zip", fault)
        to.command(f"planted/{fault.__name__}", "verify", "planted.zip", "--json")


def _refusals(to: Snapshot) -> None:
    from tests.support.checkpoints.broken import CASES

    for number, arguments in enumerate(BAD):
        to.command(f"refused/{number:02d}-{arguments[0]}", *arguments, *_json(arguments[0]))
    for case in CASES:
        for name in ("tiny", "lora"):
            shutil.rmtree(to.work / name, ignore_errors=True)
        shutil.copytree(to.work.parent / "checkpoints" / "tiny", to.work / "tiny")
        case.spoil(to.work / "tiny")
        arguments = ("build", f"./{case.source}", "--zoo", "broken", "--json", *case.options)
        to.command(f"broken/{case.name}", *arguments)


def _json(command: str) -> Sequence[str]:
    return () if command == "predict" else ("--json",)


def taken(folder: Path, side: str) -> Path:
    """Run everything; the text files lie in ``folder / side`` then."""
    work, to = folder / "work", folder / side
    for old in (work, to):
        shutil.rmtree(old, ignore_errors=True)
    if not (folder / "checkpoints").exists():
        _checkpoints(folder / "checkpoints")
    shutil.copytree(folder / "checkpoints", work)
    _texts(work)
    snapshot = Snapshot(work, to)
    snapshot.command("help", "--help")
    for command in COMMANDS:
        snapshot.command(f"help/{command}", command, "--help")
    _builds(snapshot)
    _reports(snapshot)
    _faults(snapshot)
    _refusals(snapshot)
    return to


def differences(kept: Path, now: Path) -> Iterator[str]:
    """A diff of each file that differs or stands on one side alone."""
    files = {f.relative_to(side) for side in (kept, now) for f in side.rglob("*.txt")}
    for file in sorted(files):
        sides = [
            (side / file).read_text("utf-8").splitlines() if (side / file).exists() else []
            for side in (kept, now)
        ]
        if sides[0] != sides[1]:
            yield "\n".join(
                difflib.unified_diff(*sides, f"kept/{file}", f"now/{file}", lineterm="", n=1)
            )


def main() -> None:
    """Keep or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("keep", "compare"))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    if asked.action == "keep":
        print(taken(folder, "kept"))
        return
    if not (folder / "kept").exists():
        parser.error(f"{folder / 'kept'} is not there: run keep first")
    found = list(differences(folder / "kept", taken(folder, "now")))
    print("\n\n".join(found) or "nothing differs")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    os.environ |= {"COLUMNS": "120", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    main()
