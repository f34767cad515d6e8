"""What a task is to the rest of the house.

A task says which checkpoints are for it, how they are loaded and exported, what its reference gives for an
input, and when two outputs are the same. An *input*, an *output* and the *parameters* of a call are JSON
objects: what ``djlift predict`` reads, what it prints, and what ``--parameter`` sets. ``docs/tasks.md`` walks
through one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Answered, Golden, PaddedBatch
from djlift.archive.windows import PLAIN, Window, of_window
from djlift.checkpoints.checkpoint import Checkpoint, Head, adapter_task
from djlift.checkpoints.loading import Loaded, load, logits_of, quiet
from djlift.checkpoints.recipe import Recipe
from djlift.tasks.frame.outputs import Difference, first_difference
from djlift.tasks.frame.parameters import Parameter, checked
from djlift.tasks.frame.steps import brought, padded, rounded
from djlift.tasks.frame.tolerance import Tolerance
from djlift.texts.files import Fields
from djlift.texts.text import Text

Json = Mapping[str, Any]

_MOST = 0.999


@dataclass(frozen=True)
class Variant:
    """One way to call a model, recorded in every archive.

    Attributes:
        parameters: What is set; the rest is the archive's defaults.
        windows: Which recorded windows its outputs are decoded from: those of the plain call, or its own.
    """

    parameters: Json = field(default_factory=dict)
    windows: str = PLAIN

    def to_dict(self) -> dict[str, Any]:
        """The form in the manifest."""
        return {"parameters": dict(self.parameters), "windows": self.windows}


class Task(ABC):
    """A task. Its module in :mod:`djlift.tasks` holds one instance as ``TASK``.

    Attributes:
        name: As Hugging Face names it.
        application: DJL's application path, the first part of the place in a zoo.
        translator: The Java translator factory that DJL finds by itself.
        java: The public Java class.
        heads: How the names of its architectures end.
        adapters: Task types of PEFT adapters that bring such a head.
        auto: The class of transformers that loads its models.
        labelled: Whether the labels of ``config.json`` mean something.
        unused: How the names of weights begin that may be missing in a checkpoint, since nothing uses them.
        graph_outputs: Names of the graph's outputs.
        takes_pairs: Whether the tokenizer is given two texts at once.
        takes_single: Of a task that takes pairs, whether it takes single texts too.
        narrows: Names of tasks whose claim gives way to this one's: it sees more in the same head.
    """

    name: str
    application: str
    translator: str
    java: str
    heads: tuple[str, ...] = ()
    adapters: tuple[str, ...] = ()
    auto: str = "AutoModel"
    labelled: bool = False
    unused: tuple[str, ...] = ()
    graph_outputs: tuple[str, ...] = ("logits",)
    takes_pairs: bool = False
    takes_single: bool = False
    narrows: tuple[str, ...] = ()

    def claims(self, checkpoint: Checkpoint) -> bool:
        """Whether a checkpoint is clearly for this task, by its configuration or its adapter."""
        architectures = map(str, checkpoint.config.get("architectures") or ())
        return any(a.endswith(self.heads) for a in architectures if self.heads) or (
            bool(self.adapters) and adapter_task(checkpoint) in self.adapters
        )

    @property
    def head(self) -> Head:
        """Which head of a checkpoint is loaded."""
        return Head(
            self.name,
            self.auto,
            self.labelled,
            self.unused,
            self.takes_pairs,
            self.takes_single,
        )

    def load(
        self, checkpoint: Checkpoint, recipe: Recipe | None = None, *, fixed_sums: bool = True
    ) -> Loaded:
        """Load a checkpoint for this task, with what the reference needs beside the model.

        Args:
            recipe: What the user asked for; None is nothing but the checkpoint.
            fixed_sums: As :func:`djlift.checkpoints.loading.load` has it.

        Raises:
            MissingExtra: torch or transformers is not installed.
            SourceError: The checkpoint cannot be used for this task.
        """
        recipe = recipe or Recipe(sources=(checkpoint.source.id,))
        loaded = load(checkpoint, self.head, recipe, fixed_sums=fixed_sums)
        loaded = replace(loaded, outputs=self.graph_outputs, run=self.run)
        with quiet():
            return self.prepared(loaded, checkpoint, recipe)

    def prepared(self, loaded: Loaded, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
        """A loaded model with what the reference needs beside it.

        Raises:
            SourceError: The checkpoint cannot be used for this task.
        """
        return loaded

    def run(self, model: Any, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The tensors of :attr:`graph_outputs`: what is exported.

        Args:
            inputs: int64 tensors of shape (batch, tokens), by name.
        """
        return logits_of(model, inputs)

    @abstractmethod
    def record(
        self, loaded: Loaded, texts: Sequence[Text], advance: Callable[[], None] = lambda: None
    ) -> Golden:
        """What the reference makes of texts: the golden cases.

        Args:
            advance: Called once for each text done.
        """

    @abstractmethod
    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """What serving.properties says of this task beside what it says of every one."""

    @abstractmethod
    def agreement_of(
        self, pairs: Iterable[tuple[Window, NDArray[np.float32]]], loaded: Loaded
    ) -> float:
        """How far a candidate of int8 says the same as the reference, 0.0 to 1.0: what it is searched by.

        Args:
            pairs: Recorded windows, and the same of the candidate: a padded row of
                :func:`djlift.archive.windows.stacked`.
        """

    def facts(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, Any]:
        """What the manifest's ``model`` says of this task beside what it says of every one."""
        return {}

    def recorded(self, loaded: Loaded) -> Mapping[str, Any]:
        """What the manifest's ``golden`` says of this task."""
        return {}

    def files(self, loaded: Loaded) -> Mapping[str, bytes]:
        """The files that an archive of this task holds beside those of every one, by name."""
        return {}


class GeneralTask(Task):
    """A task of the general form: JSON in, JSON out, one way to prove all of them.

    Attributes:
        keys: The fields that an input must have; an input with ``text`` alone may be given as a bare text.
        more: The fields that it may have beside.
        parameters: What a call may set, by name.
        stock_compares: What is compared with plain DJL's, for a person.
        stock_causes: Why plain DJL may differ, beyond the common causes, and what each means.
    """

    keys: tuple[str, ...] = ("text",)
    more: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = {}

    @property
    def fields(self) -> Fields:
        """What a line of a file of inputs holds."""
        return Fields(self.keys, self.more)

    @abstractmethod
    def defaults(self, loaded: Loaded, recipe: Recipe) -> Json:
        """The parameters of a call that names none, where the recipe is silent: the model's own."""

    @abstractmethod
    def reference(self, loaded: Loaded, checkpoint: Checkpoint) -> Any:
        """What the outputs are compared with, ready to be called: a pipeline of transformers.

        Raises:
            SourceError: The checkpoint cannot be used for this task.
        """

    @abstractmethod
    def variants(self, loaded: Loaded) -> Mapping[str, Variant]:
        """Ways to call a model that are recorded, by name; the plain one is ``default``."""

    @abstractmethod
    def inputs(self, texts: Sequence[Text], loaded: Loaded) -> list[Json]:
        """An input for each text: what the user gave for it, or one made of it for this task."""

    @abstractmethod
    def windows(self, loaded: Loaded, given: Json, parameters: Json) -> tuple[Window, ...]:
        """What the model is run on for an input, with the graph's outputs, as the reference does it."""

    @abstractmethod
    def output(
        self, loaded: Loaded, given: Json, windows: tuple[Window, ...], parameters: Json
    ) -> dict[str, Any]:
        """What the reference makes of the graph's outputs."""

    def built_with(self, model: Json) -> Json:
        """The parameters that an archive was built with: for its reference to be loaded once more.

        Args:
            model: The manifest's ``model``.
        """
        return dict(model.get("parameters") or {})

    def chosen(self, texts: Sequence[Text]) -> Sequence[Text]:
        """The texts that are recorded: fewer than all where an input costs many runs of the model."""
        return texts

    def clear(self, case: Answered, loaded: Loaded) -> bool:
        """Whether the reference decides an input so clearly that rounding moves nothing.

        A text of the built-in corpus that it does not decide is left out; one that a user brings never is.
        """
        return True

    def shown(self, given: Json) -> str:
        """An input as reports show it; at least as long as its longest text."""
        return " | ".join(str(given[key]) for key in self.keys)

    def asked(self, number: int, variant: str) -> bool:
        """Whether a case is recorded in a variant; in ``default`` every one must be.

        Args:
            number: Of the case.
        """
        return True

    def kept(self, number: int, window: Window) -> bool:
        """Whether the outputs of a window are recorded, or only what follows from them.

        Args:
            number: Of the case.
        """
        return True

    def rows(self, loaded: Loaded, ids: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Of a graph that answers for each token, the tokens that count; None for all."""
        return None

    def difference(self, expected: Json, found: Json, tolerance: Tolerance) -> Difference | None:
        """The first place in which two outputs differ; None where they are the same."""
        return first_difference(expected, found, tolerance.score)

    def raw(self, parameters: Json) -> bool:
        """Whether the numbers of an output are the graph's own, and so have its tolerance."""
        return False

    stock_compares: tuple[str, ...] = ("output",)
    stock_causes: Mapping[str, str] = MappingProxyType({})

    def stock(self, variant: Variant, model: Json) -> Mapping[str, str] | None:
        """Arguments for DJL's own translator factory of this task; None where it cannot be set to a variant.

        Args:
            model: The manifest's ``model``.
        """
        return None

    def stock_view(self, expected: Json) -> Json:
        """As much of an output as DJL's translator says."""
        return expected

    def stock_cause(
        self, case: Answered, variant: Variant, expected: Json, given: Json
    ) -> str | None:
        """Why DJL's answer differs, of ``stock_causes``; None where it is one of the common causes."""
        return None

    def near_tie(self, expected: Json, found: Json, tolerance: Tolerance) -> float | None:
        """By how little the reference decided where rounding turned it; None where it is more than that."""
        return None

    def called(self, loaded: Loaded, given: Sequence[Json], batch: int) -> list[Json]:
        """The reference as its users call it, on many inputs: what ``djlift bench`` times.

        Args:
            batch: Inputs that share a run, where the reference can be told.
        """
        return [
            self.output(loaded, one, self.windows(loaded, one, loaded.defaults), loaded.defaults)
            for one in given
        ]

    @abstractmethod
    def agrees(self, expected: Json, found: Json) -> bool:
        """Whether an output below fp16 says the same as PyTorch's: what int8 is gated by."""

    def agreement(self, expected: Window, found: NDArray[np.float32]) -> bool:
        """The same, near enough to choose by, for one window: the largest of each row."""
        return bool((expected.logits.argmax(1) == found.argmax(1)).mean() >= _MOST)

    def agreement_of(
        self, pairs: Iterable[tuple[Window, NDArray[np.float32]]], loaded: Loaded
    ) -> float:
        """The share of the windows that agree."""
        verdicts = [
            self.agreement(w, of_window(row, len(w.ids), w.rows).astype(np.float32))
            for w, row in pairs
        ]
        return sum(verdicts) / len(verdicts) if verdicts else 1.0

    def record(
        self, loaded: Loaded, texts: Sequence[Text], advance: Callable[[], None] = lambda: None
    ) -> Golden:
        """What the reference makes of texts, in every variant.

        A text that is no token at all for the tokenizer has no answer in the reference, and is left out.
        """
        variants = self.variants(loaded)
        cases = []
        texts = self.chosen(texts)
        with quiet():
            for number, (text, given) in enumerate(
                zip(texts, self.inputs(texts, loaded), strict=True)
            ):
                case = self._case(loaded, number, text, given, variants)
                if case is not None and (brought(text) or self.clear(case, loaded)):
                    cases.append(case)
                advance()
            return Golden(tuple(cases), self.padded(loaded, cases))

    def _case(
        self, loaded: Loaded, number: int, text: Text, given: Json, variants: Mapping[str, Variant]
    ) -> Answered | None:
        windows: dict[str, tuple[Window, ...]] = {}
        answers: dict[str, Json] = {}
        for name, variant in variants.items():
            if not self.asked(number, name):
                continue
            parameters = {**loaded.defaults, **variant.parameters}
            if variant.windows not in windows:
                windows[variant.windows] = self.windows(loaded, given, parameters)
            if not windows[variant.windows]:
                return None
            answers[name] = rounded(
                self.output(loaded, given, windows[variant.windows], parameters)
            )
        kept = {
            key: tuple(w if self.kept(number, w) else w.without_logits() for w in found)
            for key, found in windows.items()
        }
        return Answered(
            text.id, text.group, self.shown(given), kept, {}, given=dict(given), answers=answers
        )

    def padded(self, loaded: Loaded, cases: Sequence[Answered]) -> PaddedBatch:
        """One batch as the reference's tokenizer pads it."""
        return padded(loaded.tokenizer, cases)

    def recorded(self, loaded: Loaded) -> Mapping[str, Any]:
        """The variants."""
        return {"variants": {n: v.to_dict() for n, v in self.variants(loaded).items()}}

    def facts(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, Any]:
        """The parameters of a call that names none."""
        return {"parameters": dict(loaded.defaults)}

    def prepared(self, loaded: Loaded, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
        """The model with its reference and the parameters of a call that names none.

        Raises:
            UsageError: The recipe sets one that the task does not have, or to what it cannot be.
        """
        own = self.defaults(loaded, recipe)
        set_by = checked(recipe.parameters or {}, self.parameters, self.name)
        return replace(
            loaded, defaults={**own, **set_by}, beside=self.reference(loaded, checkpoint)
        )
