"""``djlift build``: from a PyTorch checkpoint to archives that are proven before they reach a zoo."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from djlift.archive import container
from djlift.archive.coordinates import Coordinates
from djlift.archive.golden import Golden
from djlift.archive.manifest import Manifest
from djlift.base import memory
from djlift.base.files import sha256
from djlift.base.preconditions import refuse_unwritable_folder
from djlift.base.progress import Advance, silent
from djlift.base.targets import named
from djlift.builder import fingerprint
from djlift.builder.layout import Parts, stage, versions, write_card
from djlift.builder.result import BuildResult, Built, Outcomes
from djlift.checkpoints.checkpoint import Checkpoint, find
from djlift.checkpoints.export import export
from djlift.checkpoints.loading import Loaded, forget_weights
from djlift.checkpoints.recipe import Recipe
from djlift.errors import TextsError, require
from djlift.graph.converted import Converted, Exported
from djlift.jvm import process
from djlift.parity.result import ParityReport
from djlift.parity.verify import verify
from djlift.precision.candidates import Source, candidates
from djlift.tasks import registry
from djlift.tasks.frame.recipe_check import refuse_useless
from djlift.tasks.frame.task import GeneralTask, Task
from djlift.tasks.token_classification import labelled as labelled_data
from djlift.tasks.token_classification.labelled import Labelled, Sentence
from djlift.tasks.token_classification.reference import pipeline
from djlift.tasks.token_classification.strategies import strategy_of
from djlift.texts import corpus
from djlift.texts.text import Text
from djlift.zoo import metadata
from djlift.zoo.placing import add

T = TypeVar("T")

_NEEDED = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers", "cyclonedx")


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
    already holds and that was made of the same inputs is proven again instead of built again. A precision that
    breaks or cannot hold takes no other down: the result has its error.

    Raises:
        NotProven: The only precision has no graph that could hold.
        DjliftError: Something cannot be used, or the only precision broke; see :mod:`djlift.errors`.
    """
    for module in _NEEDED:
        require(module, "export", "building an archive")
    metadata.refuse_address(zoo_folder)
    refuse_unwritable_folder("--zoo", zoo_folder)
    strategy_of(recipe)
    if recipe.task is not None:
        refuse_useless(recipe, registry.of(recipe.task))
    clock, target = _Clock(advance), named(recipe.target)
    checkpoint = find(recipe, allow_pickle=allow_pickle, trust_remote_code=trust_remote_code)
    task = registry.chosen(recipe, checkpoint)
    refuse_useless(recipe, task, checkpoint)
    texts = _texts(recipe, task)
    sentences = labelled_data.read(recipe.evaluation) if recipe.evaluation else ()
    labelled_data.require_labels(sentences, recipe.evaluation, checkpoint.named_labels())
    digests = {
        p: fingerprint.digest(recipe, checkpoint, texts, p, versions()) for p in recipe.precisions
    }
    held = _held(recipe, checkpoint, task, zoo_folder, digests, replacing=replace_existing)
    # A machine without Java is told so now, not after the export.
    clock.timed("finding Java", lambda: process.prepare(java_home, advance, target=target))
    outcomes = Outcomes(lambda: clock.stage, checkpoint.source.folder)
    if len(held) < len(recipe.precisions):
        loaded = clock.timed("loading", lambda: task.load(checkpoint, recipe))
        golden = clock.timed(
            "recording the reference", lambda: _record(task, loaded, texts, advance)
        )
        labelled_data.require_labels(sentences, recipe.evaluation, loaded.labels)
        labelled = clock.timed("evaluating the reference", lambda: _labelled(loaded, sentences))
        with tempfile.TemporaryDirectory(prefix="djlift-") as scratch:
            work = _Work(
                Path(scratch),
                recipe,
                checkpoint,
                task,
                loaded,
                golden,
                labelled,
                digests,
                java_home,
            )
            # A folder of its own: the weights of a large graph are a file each.
            (work.folder / "exported").mkdir()
            exported = clock.timed(
                "exporting", lambda: export(loaded, work.folder / "exported" / "exported.onnx")
            )
            forget_weights(loaded)
            source = work.source(exported, advance)
            clock.timed("fusing", lambda: source.fused)
            for p in recipe.precisions:
                if p not in held:
                    outcomes.attempt(
                        p, partial(work.make, p, source, zoo_folder, replace_existing, clock)
                    )
    for p, archived in held.items():
        outcomes.attempt(
            p, partial(_proven_again, p, archived, recipe.evaluation, java_home, clock)
        )
    built, refused = outcomes.ordered(recipe.precisions)
    if refused and len(recipe.precisions) == 1:
        raise next(iter(refused.values()))
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
    container.seal(folder, manifest, advance)
    container.pack(folder, target, advance)


@dataclass
class _Clock:
    """Times stages and tells the progress about them."""

    advance: Advance

    def __post_init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.stage = ""

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        self.stage = stage
        self.advance(stage, 0, 1)
        begun = time.monotonic()
        try:
            done = work()
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begun
            memory.give_back()
        # What an error or Ctrl-C ended is not done.
        self.advance(stage, 1, 1)
        return done

    def each(self, stage: str, values: Iterator[T]) -> Iterator[T]:
        """The values, each timed while it is made."""
        while True:
            try:
                value = self.timed(stage, lambda: next(values))
            except StopIteration:
                self.advance(stage, 1, 1)
                return
            yield value


@dataclass(frozen=True)
class _Work:
    """Everything that the archives of one build share."""

    folder: Path
    recipe: Recipe
    checkpoint: Checkpoint
    task: Task
    loaded: Loaded
    golden: Golden
    labelled: Labelled | None
    digests: Mapping[str, str]
    java_home: Path | None

    def source(self, exported: Exported, advance: Advance) -> Source:
        """What the graphs of all precisions are made of."""
        return Source(
            exported,
            self.golden,
            self.loaded.tokenizer.pad_token_id or 0,
            partial(self.task.agreement_of, loaded=self.loaded),
            self.folder,
            named(self.recipe.target),
            advance,
            labelled=self.labelled is not None and labelled_data.decides(self.labelled),
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
            self.task,
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
            "strategy": labelled_data.STRATEGY,
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
        found = metadata.archive_path(zoo_folder, at)
        if not found.exists():
            continue
        if container.read_manifest(found).source.get("inputs") == digest:
            held[precision] = found
        elif not replacing:
            metadata.refuse_taken(zoo_folder, at)
    return held


def _proven_again(
    precision: str, held: Path, evaluation: Path | None, java_home: Path | None, clock: _Clock
) -> Built:
    report = clock.timed(
        f"proving {precision}",
        lambda: verify(held, evaluation=evaluation, java_home=java_home, advance=clock.advance),
    )
    return Built(precision, held, container.read_manifest(held), report, reused=True)


def _texts(recipe: Recipe, task: Task) -> Sequence[Text]:
    built_in = corpus.builtin()
    if recipe.texts is None:
        return built_in
    taken = {text.id for text in built_in}
    more = corpus.read_texts(recipe.texts, task.fields if isinstance(task, GeneralTask) else None)
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
    answers = labelled_data.reference_answers(pipeline(loaded), sentences)
    return Labelled(sentences, labelled_data.f1(sentences, answers))
