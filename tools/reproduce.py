"""The same build in other surroundings, and the hash of every archive: ``python -m tools.reproduce``.

A small random checkpoint is built in fp32, fp16 and int8 by a process of its own for each of
:data:`SURROUNDINGS`. The archives must be equal bit for bit; where they are not, ``djlift diff`` says in what.
``--source`` and ``--every 1`` do it with a real model and all texts of the corpus.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PRECISIONS = ("fp32", "fp16", "int8")
SEED = 2
"""Of a random checkpoint whose int8 archive agrees with fp32 well enough to be shipped."""
_DAY = 86_400
_CACHES = (".m2", ".cache", ".djl.ai", ".jgo", ".local")
# Runs before anything else of the child: its clock is so many days ahead, wherever Python asks it.
_CLOCK = """
import datetime, os, time
ahead = int(os.environ["REPRODUCE_AHEAD"])
real, real_ns, local, utc = time.time, time.time_ns, time.localtime, time.gmtime
time.time = lambda: real() + ahead
time.time_ns = lambda: real_ns() + ahead * 10**9
time.localtime = lambda seconds=None: local(time.time() if seconds is None else seconds)
time.gmtime = lambda seconds=None: utc(time.time() if seconds is None else seconds)
class Ahead(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)
    @classmethod
    def today(cls):
        return cls.fromtimestamp(time.time())
datetime.datetime = Ahead
"""


@dataclass(frozen=True)
class Surroundings:
    """What must not matter to a build.

    Attributes:
        folder: Where it works, below a scratch folder: checkpoint, zoo, home, temporary files.
        days: How far its clock is ahead, and how far back the checkpoint's files date.
        cores: CPUs that it may use; None for all.
        planted: Statements that the child runs first: a fault that a test plants.
    """

    name: str
    folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    umask: int = 0o022
    days: int = 0
    cores: int | None = None
    planted: str = ""


USUAL = Surroundings("as it is", "one", {"PYTHONHASHSEED": "1"})
SURROUNDINGS = (
    USUAL,
    Surroundings(
        "elsewhere, another user, umask, zone, language and day",
        "an other/place with ümlauts/and a long name",
        {
            "PYTHONHASHSEED": "2",
            "TZ": "Pacific/Chatham",
            "LC_ALL": "tr_TR.UTF-8",
            "LANG": "tr_TR.UTF-8",
            "USER": "somebody",
            "LOGNAME": "somebody",
            "USERNAME": "somebody",
            "HOSTNAME": "elsewhere",
            "DJLIFT_JVM_OPTIONS": "-Duser.language=tr -Duser.country=TR -Duser.timezone=Pacific/Chatham",
        },
        umask=0o077,
        days=400,
    ),
    Surroundings("one thread on one core", "three", {"OMP_NUM_THREADS": "1"}, cores=1),
)


def built(
    around: Surroundings, source: Path, scratch: Path, every: int, precisions: Sequence[str]
) -> dict[str, Path]:
    """Build ``source`` in some surroundings, in a process of its own; answers the archives by precision."""
    place = scratch / around.folder
    checkpoint, zoo = place / source.name, place / "zoo"
    place.mkdir(parents=True)
    if source != checkpoint:
        shutil.copytree(source, checkpoint)
    past = time.time() - around.days * _DAY
    for file in checkpoint.rglob("*"):
        os.utime(file, (past, past))
    (place / "tmp").mkdir()
    (place / "python").mkdir()
    (place / "python" / "sitecustomize.py").write_text(_CLOCK if around.days else "")
    path = [str(place / "python"), str(ROOT / "python"), str(ROOT)]
    path += filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    environment = {
        **os.environ,
        "HOME": str(_home(place / "home")),
        "TMPDIR": str(place / "tmp"),
        "PYTHONPATH": os.pathsep.join(path),
        "REPRODUCE_AHEAD": str(around.days * _DAY),
        **around.environment,
    }
    command = [sys.executable, "-m", "tools.reproduce", "--child", str(checkpoint)]
    command += ["--zoo", str(zoo), "--every", str(every), "--planted", around.planted]
    command += [option for p in precisions for option in ("--precision", p)]
    if around.cores is not None:
        command += ["--cores", str(around.cores)]
    ran = subprocess.run(
        command,
        cwd=place,
        env=environment,
        umask=around.umask,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if ran.returncode:
        said = f"{ran.stdout[-1000:]}\n{ran.stderr[-3000:]}"
        raise SystemExit(f"the build {around.name!r} failed, {ran.returncode}:\n{said}")
    return {p: Path(archive) for p, archive in json.loads(ran.stdout.splitlines()[-1]).items()}


def _home(folder: Path) -> Path:
    """Another home, in which the caches of jars and natives are still found."""
    folder.mkdir()
    for name in _CACHES:
        real = Path.home() / name
        if real.exists():
            (folder / name).symlink_to(real.resolve())
    return folder


def _child(
    source: Path, zoo: Path, every: int, precisions: Sequence[str], planted: str, cores: int | None
) -> None:
    if cores is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    from djlift.builder.build import build
    from djlift.checkpoints.recipe import FILE, Recipe
    from djlift.texts import corpus

    exec(planted, {})
    few = corpus.builtin()[::every]
    corpus.builtin = lambda: few
    if (source / FILE).is_file():
        recipe = Recipe.read(source).with_options(precisions=tuple(precisions))
    else:
        recipe = Recipe((str(source),), name="small", precisions=tuple(precisions))
    result = build(recipe, zoo)
    if not result.holds:
        broken = {b.precision: b.report.first_broken for b in result.built}
        raise SystemExit(f"not proven: {broken}; {dict(result.refused)}")
    print(json.dumps({b.precision: str(b.archive) for b in result.built}))


def main() -> None:
    """Build in all surroundings and print the hashes; exit code 1 when two differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, help="a checkpoint or recipe folder")
    parser.add_argument("--every", type=int, default=5, help="every which text of the corpus")
    parser.add_argument("--precision", action="append")
    parser.add_argument("--scratch", type=Path, required="--child" not in sys.argv)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--zoo", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--planted", default="", help=argparse.SUPPRESS)
    parser.add_argument("--cores", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    precisions = tuple(given.precision or PRECISIONS)
    if given.child:
        _child(given.child, given.zoo, given.every, precisions, given.planted, given.cores)
        return
    # Children work elsewhere.
    scratch = given.scratch.resolve()
    source = given.source.resolve() if given.source else small(scratch / "small")
    print(f"archives of {source.name}, {', '.join(precisions)}; every text of {given.every}")
    first: dict[str, Path] = {}
    same = True
    for around in SURROUNDINGS:
        found = built(around, source, scratch, given.every, precisions)
        first = first or found
        print(f"\n{around.name}")
        for precision, archive in found.items():
            same &= _shown(precision, first[precision], archive)
    sys.exit(0 if same else 1)


def _shown(precision: str, first: Path, archive: Path) -> bool:
    from djlift.base.files import sha256
    from djlift.cli.commands.diff import show
    from djlift.cli.terminal import stdout
    from djlift.diff.archives import diff

    print(f"  {precision}  {sha256(archive)}")
    found = diff(first, archive)
    if not found.identical:
        show(found, stdout())
    return found.identical


def small(folder: Path, seed: int = SEED) -> Path:
    """A random checkpoint, the same at every call, that is proven in every precision."""
    from tests.support.checkpoints import architectures

    architectures.write("BERT", "", folder, seed, tokenizer=_tokenizer())
    return folder


def _tokenizer() -> Any:
    """WordPiece over the corpus's commonest words and all its characters, without training."""
    from transformers import BertTokenizer

    from djlift.texts import corpus

    words = Counter(re.findall(r"\w+", " ".join(text.text for text in corpus.builtin())))
    letters = sorted({letter for word in words for letter in word if ord(letter) < 0x500})
    common = sorted(words, key=lambda word: (-words[word], word))[:400]
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    listed = (
        *special,
        *letters,
        *(f"##{letter}" for letter in letters),
        *"!\"#$%&'()*+,-./:;?@",
        *common,
    )
    return BertTokenizer(
        vocab={token: number for number, token in enumerate(dict.fromkeys(listed))},
        do_lower_case=False,
    )


if __name__ == "__main__":
    main()
