"""``djlift bench``: how fast an archive is on this machine, and how fast what a user could take instead.

Every side runs the same texts on the same CPUs with as many threads, warm, in rounds that take turns; what it
found is compared with what djlift found, in every round, before a figure of it stands anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from djlift.archive import container as archives
from djlift.base import affinity, cpu_class, targets
from djlift.base.device import named
from djlift.base.preconditions import refuse_alone
from djlift.base.progress import Advance, silent
from djlift.base.targets import Target
from djlift.bench import memory as bench_memory
from djlift.bench.contenders import (
    BATCHES,
    IN_PYTHON,
    ONNXRUNTIME,
    RIVALS,
    STOCK,
    TORCH,
    Setting,
    needs_reference,
)
from djlift.bench.matmul import Rate, products
from djlift.bench.result import SHORT, BenchReport, Spread
from djlift.bench.rounds import Run
from djlift.bench.task_contenders import TaskSetting
from djlift.checkpoints.recipe import Recipe
from djlift.errors import TextsError, UsageError, not_listed
from djlift.graph.storage import MODEL
from djlift.jvm import calibration as jvm_calibration
from djlift.jvm import gpu, process
from djlift.parity.user_texts import inputs_in
from djlift.tasks import registry
from djlift.tasks.frame.sample_input import sample_input
from djlift.tasks.frame.task import GeneralTask
from djlift.tasks.token_classification.strategies import require_strategy

_UNSTEADY = 0.1
"""From the slowest round to the fastest, as a share of the median."""


def bench(
    archive: Path,
    texts: Path,
    *,
    against: Sequence[str] = (),
    threads: int | None = None,
    rounds: int = 5,
    alone: int = 100,
    warm_up: float = 2.0,
    batch: int | None = None,
    memory: bool = True,
    strategy: str | None = None,
    reference: Recipe | None = None,
    device: str = "cpu",
    target: Target | None = None,
    calibration: Path | None = None,
    java_home: Path | None = None,
    advance: Advance = silent,
) -> BenchReport:
    """Measure an archive.

    Args:
        texts: A text a line, or JSON lines with ``text``.
        against: Of :data:`~djlift.bench.contenders.RIVALS`, in the order to show them.
        threads: Of every side, and CPUs that all are held to; None takes all CPUs of this process.
        rounds: How often each side runs over the texts.
        alone: Texts that are also run one at a time in each round, spread over the file.
        warm_up: Seconds that each side runs before, one whole pass at least.
        batch: Texts that share a run on the other sides; None takes the fastest of
            :data:`~djlift.bench.contenders.BATCHES` for each.
        memory: Whether to measure each side's memory, in a process of its own.
        strategy: The aggregation strategy; None takes the archive's.
        reference: The checkpoint, for ``torch``.
        device: ``cpu`` or ``cuda:N``.
        calibration: A file of ``djlift calibrate`` for djlift's own side.

    Raises:
        ArchiveError: The archive cannot be used.
        DeviceError: There is no such GPU, or a side would not run on it.
        JvmError: No usable Java, no jars, or an archive that a side cannot load.
        MissingExtra: A side's Python packages are not installed.
        SourceError: The reference is not the checkpoint that the archive was made of.
        TextsError: The texts cannot be read, or there are none.
        UsageError: An unknown side, torch without a reference, or a calibration for more threads, or a number
            of threads that cannot be.
    """
    affinity.check(threads)
    _refuse(against, reference, strategy)
    where = named(device)
    if not texts.is_file():
        raise TextsError(
            "the texts cannot be read", code="texts-unreadable", file=texts, expected="a file"
        )
    count = threads or len(affinity.available())
    with (
        affinity.pinned(count) as cpus,
        archives.opened(archive) as found,
        ExitStack() as opened,
    ):
        archives.require_intact(found)
        chosen = target or targets.of_archive(found.manifest.target, archive)
        gpu.require(where, chosen)
        task = registry.of_archive(found.manifest.task, archive)
        general = isinstance(task, GeneralTask)
        given = inputs_in(texts, task)
        if general and strategy is not None:
            raise UsageError(
                "--aggregation-strategy is for token classification",
                code="option-for-another-task",
                found=found.manifest.task,
            )
        torchless = set(against) <= ({STOCK} if general else {STOCK, ONNXRUNTIME})
        refuse_alone({"--reference": reference}, f"--against {TORCH}", not torchless)
        usual = "default" if general else found.manifest.model.get("aggregation_strategy", "simple")
        setting = (TaskSetting if general else Setting)(
            archive,
            found.folder,
            found.manifest,
            strategy or str(usual),
            where,
            count,
            given,
            reference,
            BATCHES if batch is None else (batch,),
            calibration,
        )
        names = tuple(dict.fromkeys(against))
        # A running JVM makes importing torch slower.
        rivals = {name: setting.in_python(name) for name in names if name in IN_PYTHON}
        machine = process.start(java_home, target=chosen, gpu=where.cuda)
        if where.cuda:
            gpu.confirm(machine, archive, where, task.java, sample_input(task, archive))
        if calibration is not None:
            _refuse_more(calibration, count)
        classifier = opened.enter_context(setting.load(machine))
        ours, told = setting.djlift(classifier)
        if STOCK in names:
            rivals[STOCK] = setting.stock()
        for one in rivals.values():
            opened.callback(one.runs.close)
        run = Run(setting, ours, told, [rivals[name] for name in names], alone, advance)
        if not where.cuda and (wanted := products(found.folder / MODEL)).shapes:
            run.rate = Rate(wanted, count)
            opened.callback(run.rate.close)
        run.warm(warm_up)
        for number in range(rounds):
            run.round(number)
            advance("rounds", number + 1, rounds)
        versions = machine.versions()
        # Nothing of it may be in the way of the processes that come now.
        opened.close()
        peaks = _peaks(run, chosen, java_home, advance) if memory else {}
        return BenchReport(
            archive.name,
            found.manifest.precision,
            str(where),
            setting.strategy,
            count,
            cpus,
            cpu_class.here(),
            len(given),
            int(run.lengths.sum()),
            tuple(one.side(peaks.get(one.entrant.name)) for one in run.all),
            run.gemm(
                f"MatMul in ONNX Runtime {versions['onnxruntime']} for Java, weights constant"
            ),
            versions,
            tuple(_notes(run, cpus)),
        )


def _refuse(against: Sequence[str], reference: Recipe | None, strategy: str | None) -> None:
    for name in against:
        if name not in RIVALS:
            raise not_listed("unknown --against", "unknown-contender", name, RIVALS)
    if TORCH in against and reference is None:
        raise needs_reference()
    if strategy is not None:
        require_strategy(strategy)


def _refuse_more(calibration: Path, threads: int) -> None:
    """All sides have as many threads."""
    found = jvm_calibration.read(calibration)
    if max(found.threads, found.concurrent_runs) > threads:
        raise UsageError(
            "the calibration keeps more threads busy than the other sides have",
            code="calibration-threads",
            file=calibration,
            expected=f"{threads}, as --threads has it",
            found=str(max(found.threads, found.concurrent_runs)),
            mend=f"djlift calibrate --threads {threads}",
        )


def _peaks(
    run: Run, target: Target, java_home: Path | None, advance: Advance
) -> dict[str, int | None]:
    """The largest memory of each side that has figures."""
    peaks: dict[str, int | None] = {}
    for number, one in enumerate(run.all, 1):
        if one.error is None:
            task = bench_memory.Task(run.setting, one.entrant.name, one.batch, target, java_home)
            peaks[one.entrant.name] = bench_memory.measured(task)
        advance("memory", number, len(run.all))
    return peaks


def _notes(run: Run, cpus: tuple[int, ...] | None) -> Sequence[str]:
    setting = run.setting
    notes = []
    if cpus is None:
        notes.append(
            "this system cannot hold a process to some CPUs: threads beside the model's count"
        )
    elif len(cpus) < setting.threads:
        notes.append(
            f"{setting.threads} threads on {len(cpus)} CPUs, all that this process may use"
        )
    for one in run.all:
        if one.error is not None or not one.seconds:
            continue
        rate = Spread.of(one.seconds)
        if rate.median < SHORT:
            notes.append(
                f"{one.entrant.name}: a round takes {rate.median:.2g} s, too short to say much:"
                " give more texts"
            )
        if rate.width > _UNSTEADY:
            notes.append(
                f"{one.entrant.name}: the rounds lie {rate.width:.0%} apart: the machine was busy,"
                " or its clock went up and down"
            )
    if setting.manifest.precision != "fp32":
        if any(one.entrant.name == TORCH for one in run.all):
            notes.append(
                f"torch runs the checkpoint in fp32, the archive is {setting.manifest.precision}"
            )
        if run.rate is not None:
            notes.append("the machine's matrix products are measured in fp32")
    if run.rate is None:
        notes.append("matrix products alone: not measured, on a GPU or of a graph without weights")
    return notes
