"""``djlift verify --fuzz 5m``: look for texts on which the JVM and the reference part, until the time is up.

The texts of the built-in corpus are changed at random, run through both sides in batches, and compared at
levels 1 to 3. What diverges is shrunk and kept as a case that ``--texts`` reads. The same seed gives the same
texts in the same order; how many of them fit into the time depends on the machine.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from djlift.archive import container as archives
from djlift.archive.golden import Golden
from djlift.archive.tokenizer_file import vocabulary
from djlift.base.progress import Advance, silent
from djlift.base.targets import Target, of_archive
from djlift.checkpoints.recipe import Recipe
from djlift.errors import UsageError, remedy, require
from djlift.jvm import process
from djlift.parity import user_texts
from djlift.parity.diagnosis import Probe
from djlift.parity.result import Explanation
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.token_classification.task import TASK
from djlift.texts.corpus import builtin, read_texts
from djlift.texts.mutation import mutated
from djlift.texts.text import LONG, Text

_BATCH = 16
ENOUGH = 20
"""Divergences after which a search stops before its time: one fault shows in many texts."""
_SHRINKING = 120
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class FuzzReport:
    """What a search found.

    Attributes:
        seed: Gives the same texts again.
        seconds: How long it was asked to search.
        texts: How many texts were tried.
        scope: What was compared.
        found: What diverged, shrunk; each text once.
    """

    archive: str
    precision: str
    seed: int
    seconds: float
    texts: int
    scope: str
    found: tuple[Explanation, ...]
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """True when nothing diverged; not a proof that nothing can."""
        return not self.found

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON data, for ``--json``."""
        return asdict(self) | {"holds": self.holds}


def seconds(duration: str) -> float:
    """A duration such as ``30s``, ``5m`` or ``1h`` in seconds.

    Raises:
        UsageError: It is no such duration, or zero.
    """
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", duration)
    value = float(parts[1]) * _SECONDS[parts[2]] if parts else 0.0
    if value <= 0:
        raise UsageError(
            "the duration cannot be used",
            code="duration",
            expected="such as 30s, 5m or 1h",
            found=duration,
        )
    return value


def fuzz(
    archive: Path,
    duration: float,
    *,
    seed: int | None = None,
    reference: Recipe | None = None,
    keep: Path | None = None,
    java_home: Path | None = None,
    target: Target | None = None,
    advance: Advance = silent,
) -> FuzzReport:
    """Search an archive for divergences.

    Args:
        duration: Seconds to search; loading and shrinking the last find come on top.
        seed: Which texts; None draws one, and the report names it.
        reference: The checkpoint; without it tokens alone are compared, with Python's tokenizers.
        keep: A ``.jsonl`` file that what is found is appended to.

    Raises:
        ArchiveError: The archive cannot be used, or its files are not what was packed.
        MissingExtra: Neither a reference nor the package ``tokenizers``.
        UsageError: ``keep`` is no ``.jsonl`` file.
    """
    kept = _Keep(keep)
    chosen = secrets.randbelow(1 << 32) if seed is None else seed
    with archives.opened(archive) as found:
        archives.require_intact(found)
        if found.manifest.task != "token-classification":
            raise UsageError(
                "--fuzz searches archives of token classification",
                code="option-for-another-task",
                file=archive,
                found=found.manifest.task,
                mend="djlift verify ARCHIVE --texts FILE --reference SOURCE",
            )
        record = _recorder(found, reference)
        machine = process.start(
            java_home, target=target or of_archive(found.manifest.target, archive)
        )
        model = found.manifest.model
        precision = found.manifest.precision
        with machine.load(archive) as classifier:
            probe = Probe(
                classifier,
                Tolerance.of(precision, Golden.read(found.folder)),
                model.get("inputs", []),
                tuple(map(str, model.get("labels") or ())),
                vocabulary(found.folder),
            )
            search = _Search(probe, record, kept, random.Random(chosen))
            search.run(duration, advance)
        notes = () if reference is not None else (_TOKENS_ONLY,)
        scope = "tokens, logits and outputs" if reference is not None else "tokens"
        return FuzzReport(
            archive.name, precision, chosen, duration, search.texts, scope,
            tuple(search.found.values()), machine.versions(), (*notes, *search.notes),
        )  # fmt: skip


_TOKENS_ONLY = (
    "tokens alone were compared, with Python's tokenizers on the archive's tokenizer.json; "
    "--reference SOURCE (djlift[export]) compares logits and entities too"
)


def _recorder(found: archives.Opened, reference: Recipe | None) -> user_texts.Recorder:
    if reference is not None:
        return user_texts.by_reference(found.manifest, reference, TASK)
    require("tokenizers", "export", "--fuzz without --reference")
    record = user_texts.by_tokenizers(found.folder)
    assert record is not None
    return record


class _Search:
    """One search: tries batches of texts and shrinks what diverges."""

    def __init__(
        self, probe: Probe, record: user_texts.Recorder, keep: _Keep, source: random.Random
    ) -> None:
        self._probe = probe
        self._record = record
        self._keep = keep
        self._random = source
        self._corpus = [text.text for text in builtin() if text.group != LONG]
        self.texts = 0
        self.found: dict[str, Explanation] = {}
        self.notes: list[str] = []

    def run(
        self, duration: float, advance: Advance, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Try texts until the time is up, or enough was found."""
        start = clock()
        while (spent := clock() - start) < duration:
            self._batch(lambda: clock() - start < duration)
            advance("fuzzing", min(int(spent), int(duration)), max(1, int(duration)))
            if len(self.found) >= ENOUGH:
                self.notes.append(f"stopped after {ENOUGH} divergences, before the time was up")
                return

    def _batch(self, in_time: Callable[[], bool]) -> None:
        texts = [
            Text(f"fuzz-{self.texts + n:08d}", "fuzz", mutated(self._corpus, self._random))
            for n in range(1, _BATCH + 1)
        ]
        cases = self._record(texts)
        self.texts += len(texts)
        for case, broken in zip(cases, self._probe.broken(cases), strict=True):
            if broken is None or len(self.found) >= ENOUGH:
                continue
            if self.found and not in_time():
                # Shrinking takes longer than finding; one find is always shrunk.
                return
            reason = self._probe.shrunk(case, broken, self._record, _SHRINKING)
            if reason is None:
                # Only in this batch, then; that is a find of its own.
                reason = self._probe.explained(case, broken, note="alone it does not diverge")
            if reason.text not in self.found:
                self.found[reason.text] = reason
                self._keep(reason)


class _Keep:
    """The file that finds are appended to, each text once."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._ids: set[str] = set()
        if file is None:
            return
        if file.suffix.lower() != ".jsonl":
            raise UsageError(
                "--keep writes JSON lines",
                code="output-format",
                file=file,
                expected="a name in .jsonl",
            )
        try:
            file.touch()
        except OSError as cause:
            raise UsageError(
                "the file to keep finds in cannot be written",
                code="output-unwritable",
                file=file,
                found=cause.strerror,
                mend=remedy(cause),
            ) from cause
        self._ids = {text.id for text in read_texts(file)}

    def __call__(self, found: Explanation) -> None:
        """Append a find, at once: an interrupted search loses nothing."""
        name = f"fuzz-{hashlib.sha256(found.text.encode()).hexdigest()[:12]}"
        if self._file is None or name in self._ids:
            return
        self._ids.add(name)
        line = {"id": name, "group": "fuzz", "text": found.text, "level": found.level}
        with self._file.open("a", encoding="utf-8", newline="\n") as out:
            out.write(json.dumps(line | {"what": found.what}) + "\n")
