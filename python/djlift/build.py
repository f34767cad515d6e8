"""``djlift build``: from a PyTorch checkpoint to archives that are proven before they reach a zoo."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from djlift import accuracy, archive, corpus, inputs, jvm, memory, tasks, zoo
from djlift.accuracy import Labelled, Sentence
from djlift.checkpoint import Checkpoint, Loaded, find
from djlift.convert import Converted
from djlift.corpus import Text
from djlift.errors import DjliftError, InternalError, TextsError, UsageError, require
from djlift.export import Exported, export
from djlift.golden import Golden
from djlift.loading import forget_weights, load
from djlift.manifest import Coordinates, Manifest
from djlift.parity import ParityReport
from djlift.precisions import Source, candidates
from djlift.progress import Advance, silent
from djlift.publish import add
from djlift.recipe import Recipe
from djlift.reference import pipeline
from djlift.staging import Parts, stage, versions, write_card
from djlift.targets import named
from djlift.task import GeneralTask, Task
from djlift.verify import verify
from djlift.weights import sha256

T = TypeVar("T")

_NEEDED = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers", "cyclonedx")


@dataclass(frozen=True)
class Built:
    """One archive that was built, and the proof.

    Attributes:
        archive: Where it is; None when parity failed, for then it is nowhere.
        report: The parity report of exactly these files.
        reused: Whether the zoo held an archive of the same inputs, which was proven again, not built.
    """

    precision: str
    archive: Path | None
    manifest: Manifest
    report: ParityReport
    reused: bool = False


@dataclass(frozen=True)
class BuildResult:
    """What a build made.

    Attributes:
        seconds: Wall time by stage.
        peak_bytes: Largest resident memory of the process, the JVM included.
        weight_bytes: Bytes of the source's weight files.
        refused: Why there is no archive of a precision, by precision: nothing could hold, or something broke.
    """

    built: tuple[Built, ...]
    seconds: Mapping[str, float]
    peak_bytes: int
    weight_bytes: int
    refused: Mapping[str, DjliftError] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """True when every archive was proven, in every precision that was asked for."""
        return all(b.report.holds for b in self.built) and not self.refused

    @property
    def exit_code(self) -> int:
        """0 when all held, 2 when something broke, 1 when something did not hold."""
        if self.holds:
            return 0
        return max((problem.exit_code for problem in self.refused.values()), default=1)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON data, for ``--json``."""
        return {
            "parity": self.holds,
            "archives": [
                {
                    "precision": b.precision,
                    "archive": None if b.archive is None else str(b.archive),
                    "name": b.manifest.name,
                    "version": b.manifest.version,
                    "reused": b.reused,
                    "group": b.manifest.group,
                    "model_bytes": b.manifest.graph["bytes"],
                    "remarks": list(b.manifest.graph.get("remarks") or ()),
                    "report": b.report.to_dict(),
                }
                for b in self.built
            ],
            "refused": {p: problem.to_dict() for p, problem in self.refused.items()},
            "seconds": {stage: round(s, 2) for stage, s in self.seconds.items()},
            "peak_bytes": self.peak_bytes,
            "weight_bytes": self.weight_bytes,
        }


def build(
    recipe: Recipe,
    zoo_folder: Path,
    *,
    allow_pickle: bool = False,
    trust_remote_code: bool = False,
    replace_existing: bool = False,
    java_home: Path | None = None,
    advance: Advance = silent,
) -> BuildResult:
    """Build, prove and store one archive for each precision of the recipe.

    Nothing is written below ``zoo_folder`` before an archive is proven. An archive that the zoo
    already holds and that was made of the same inputs is proven again instead of built again.

    Raises:
        NotProven: No precision has a graph that could hold.
        DjliftError: Something cannot be used; see :mod:`djlift.errors`.
    """
    for module in _NEEDED:
        require(module, "export", "building an archive")
    zoo.refuse_address(zoo_folder)
    clock, target = _Clock(advance), named(recipe.target)
    checkpoint = find(recipe, allow_pickle=allow_pickle, trust_remote_code=trust_remote_code)
    task = tasks.chosen(recipe, checkpoint)
    _refuse_evaluation(recipe, task)
    texts = _texts(recipe, task)
    digests = {
        p: inputs.digest(recipe, checkpoint, texts, p, versions()) for p in recipe.precisions
    }
    held = _held(recipe, checkpoint, task, zoo_folder, digests, replacing=replace_existing)
    sentences = accuracy.read(recipe.evaluation) if recipe.evaluation else ()
    # A machine without Java is told so now, not after the export.
    clock.timed("finding Java", lambda: jvm.prepare(java_home, advance, target=target))
    fresh: dict[str, Built] = {}
    refused: dict[str, DjliftError] = {}
    if len(held) < len(recipe.precisions):
        loaded = clock.timed("loading", lambda: load(checkpoint, task, recipe))
        golden = clock.timed(
            "recording the reference", lambda: _record(task, loaded, texts, advance)
        )
        labelled = clock.timed("evaluating the reference", lambda: _labelled(loaded, sentences))
        with tempfile.TemporaryDirectory(prefix="djlift-") as scratch:
            work = _Work(
                Path(scratch), recipe, checkpoint, loaded, golden, labelled, digests, java_home
            )
            # A folder of its own: the weights of a large graph are a file each.
            (work.folder / "exported").mkdir()
            exported = clock.timed(
                "exporting", lambda: export(loaded, work.folder / "exported" / "exported.onnx")
            )
            forget_weights(loaded)
            source = work.source(exported, advance)
            for p in recipe.precisions:
                try:
                    if p not in held:
                        fresh[p] = work.make(p, source, zoo_folder, replace_existing, clock)
                except DjliftError as problem:
                    refused[p] = problem
                except Exception as problem:  # One precision takes no other down.
                    refused[p] = _internal(p, problem)
    if len(refused) == len(recipe.precisions):
        raise next(iter(refused.values()))
    built = tuple(
        fresh[p] if p in fresh else _proven_again(p, held[p], recipe.evaluation, java_home, clock)
        for p in recipe.precisions
        if p not in refused
    )
    return BuildResult(
        built,
        clock.seconds,
        memory.peak_bytes(),
        sum(
            (checkpoint.source.folder / n).stat().st_size
            for n in checkpoint.weights
            if "/" not in n
        ),
        refused,
    )


def pack(
    folder: Path,
    manifest: Manifest,
    card: Path | None,
    target: Path,
    advance: Advance = silent,
) -> None:
    """Write card and manifest of a staged folder, and the zip at ``target``."""
    write_card(folder, manifest, card)
    archive.seal(folder, manifest, advance)
    archive.pack(folder, target, advance)


@dataclass
class _Clock:
    """Times stages and tells the progress about them."""

    advance: Advance

    def __post_init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        self.advance(stage, 0, 1)
        begun = time.monotonic()
        try:
            return work()
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begun
            memory.give_back()
            self.advance(stage, 1, 1)

    def each(self, stage: str, values: Iterator[T]) -> Iterator[T]:
        """The values, each timed while it is made."""
        while True:
            try:
                value = self.timed(stage, lambda: next(values))
            except StopIteration:
                return
            yield value


@dataclass(frozen=True)
class _Work:
    """Everything that the archives of one build share."""

    folder: Path
    recipe: Recipe
    checkpoint: Checkpoint
    loaded: Loaded
    golden: Golden
    labelled: Labelled | None
    digests: Mapping[str, str]
    java_home: Path | None

    def source(self, exported: Exported, advance: Advance) -> Source:
        """What the graphs of all precisions are made of."""
        return Source(
            exported,
            self.loaded,
            self.golden,
            self.folder,
            named(self.recipe.target),
            advance,
            labelled=self.labelled is not None and accuracy.decides(self.labelled),
        )

    def make(
        self, precision: str, source: Source, zoo_folder: Path, replacing: bool, clock: _Clock
    ) -> Built:
        """Convert, pack, prove and store one archive: the first candidate that the JVM proves."""
        built: Built | None = None
        for converted in clock.each(f"converting to {precision}", candidates(source, precision)):
            built = self._proven(precision, converted, zoo_folder, replacing, clock)
            if built.report.holds:
                break
        assert built is not None, "a precision without a candidate raises"
        return built

    def _proven(
        self,
        precision: str,
        converted: Converted,
        zoo_folder: Path,
        replacing: bool,
        clock: _Clock,
    ) -> Built:
        """Pack a graph, prove it and, if it holds, store it."""
        folder, card = Path(tempfile.mkdtemp(prefix=precision, dir=self.folder)), self.recipe.card
        parts = Parts(
            self.recipe,
            self.checkpoint,
            self.loaded,
            converted,
            self.golden,
            precision,
            self.digests[precision],
        )
        manifest = stage(parts, folder)
        unproven = self.folder / f"unproven-{manifest.file_name}"
        clock.timed(
            f"packing {precision}", lambda: pack(folder, manifest, card, unproven, clock.advance)
        )
        report = clock.timed(
            f"proving {precision}",
            lambda: verify(
                unproven, labelled=self.labelled, java_home=self.java_home, advance=clock.advance
            ),
        )
        report = replace(report, archive=manifest.file_name)
        if not report.holds:
            return Built(precision, None, manifest, report)
        proven = replace(manifest, parity=report.figures(), accuracy=self._accuracy(report))
        final = self.folder / manifest.file_name
        clock.timed(
            f"packing {precision}", lambda: pack(folder, proven, card, final, clock.advance)
        )
        stored = add(zoo_folder, final, replace=replacing)
        return Built(precision, Path(stored.address), stored.manifest, report)

    def _accuracy(self, report: ParityReport) -> dict[str, Any] | None:
        figures = next((dict(level.figures) for level in report.levels if level.level == 4), None)
        if figures is None or self.labelled is None:
            return None
        assert self.recipe.evaluation is not None
        return figures | {
            "sentences": len(self.labelled.sentences),
            "sha256": sha256(self.recipe.evaluation),
            "strategy": accuracy.STRATEGY,
        }


def _held(
    recipe: Recipe,
    checkpoint: Checkpoint,
    task: Task,
    zoo_folder: Path,
    digests: Mapping[str, str],
    *,
    replacing: bool,
) -> dict[str, Path]:
    """By precision, the archives in the zoo that were made of the same inputs.

    Raises:
        ZooError: The zoo holds an archive of these coordinates that was made of others, and it is not
            to be replaced.
    """
    name = recipe.archive_name(checkpoint.source.id)
    held: dict[str, Path] = {}
    for precision, digest in digests.items():
        at = Coordinates(task.application, recipe.group, name, recipe.version, precision)
        found = zoo.archive_path(zoo_folder, at)
        if not found.exists():
            continue
        if archive.read_manifest(found).source.get("inputs") == digest:
            held[precision] = found
        elif not replacing:
            zoo.refuse_taken(zoo_folder, at)
    return held


def _proven_again(
    precision: str, held: Path, evaluation: Path | None, java_home: Path | None, clock: _Clock
) -> Built:
    report = clock.timed(
        f"proving {precision}",
        lambda: verify(held, evaluation=evaluation, java_home=java_home, advance=clock.advance),
    )
    return Built(precision, held, archive.read_manifest(held), report, reused=True)


def _internal(precision: str, problem: Exception) -> InternalError:
    error = InternalError(
        f"internal error while building {precision}",
        code="internal-error",
        found=f"{type(problem).__name__}: {str(problem)[:500]}",
        mend="report it; the other precisions are not affected",
    )
    error.__cause__ = problem
    return error


def _refuse_evaluation(recipe: Recipe, task: Task) -> None:
    if recipe.evaluation is not None and isinstance(task, GeneralTask):
        raise UsageError(
            "labelled text is read for token classification only",
            code="option-for-another-task",
            file=recipe.evaluation,
            expected="a build without --eval",
            found=task.name,
        )


def _texts(recipe: Recipe, task: Task) -> Sequence[Text]:
    built_in = corpus.builtin()
    if recipe.texts is None:
        return built_in
    taken = {text.id for text in built_in}
    more = corpus.read_texts(recipe.texts, task.keys if isinstance(task, GeneralTask) else None)
    for text in more:
        if text.id in taken:
            raise TextsError(
                "a text has the id of a text of the built-in corpus",
                code="text-id-taken",
                file=recipe.texts,
                expected="an id of its own",
                found=text.id,
            )
    return (*built_in, *more)


def _record(task: Task, loaded: Loaded, texts: Sequence[Text], advance: Advance) -> Golden:
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        advance("recording the reference", done, len(texts))

    return task.record(loaded, texts, one_more)


def _labelled(loaded: Loaded, sentences: tuple[Sentence, ...]) -> Labelled | None:
    if not sentences:
        return None
    answers = accuracy.reference_answers(pipeline(loaded), sentences)
    return Labelled(sentences, accuracy.f1(sentences, answers))
