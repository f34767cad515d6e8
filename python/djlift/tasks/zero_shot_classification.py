"""Zero-shot classification: labels that nobody trained, by a model of whether a text entails a sentence.

The reference is transformers' ``ZeroShotClassificationPipeline``: a window for each label, the text and the
sentence that the template makes of the label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from djlift.archive.golden import Answered
from djlift.archive.windows import Window
from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError
from djlift.tasks.frame import parameters as known
from djlift.tasks.frame.outputs import Difference, by_key, close_shares, in_order
from djlift.tasks.frame.parameters import Parameter
from djlift.tasks.frame.steps import encoded, piped, run_model
from djlift.tasks.frame.task import GeneralTask, Json, Variant
from djlift.tasks.frame.tolerance import CLEAR, Tolerance
from djlift.texts.sampling import spread
from djlift.texts.text import Text, given_by

TEMPLATE = "This example is {}."
"""The pipeline's own."""
_OTHER_TEMPLATE = "{0}: what is written here is about {0}."
_FIELDS = ("{}", "{0}")
_PART = re.compile(r"\{\{|\}\}|\{0?\}|[^{}]", re.DOTALL)
_TEMPLATE = re.compile(rf"(?:{_PART.pattern})*", re.DOTALL)
_ENTAILS = "entail"
_EVERY = 3
"""Of the corpus every so many texts are recorded: each is run for each of its labels, with two templates."""
_COUNTS = (3, 2, 5, 1, 4)
_WITHOUT = 4
"""Where the archive has labels of its own, every so many inputs name none."""
_LABELS = (
    "sport",
    "politics",
    "business",
    "the weather",
    "travel",
    "science and technology",
    "\u00c4rger",
    "\u5929\u6c17",
    "money, prices",
    "an e-mail address",
    "PARIS",
    "caf\u00e9 \u2615",
)


def formats(template: Any) -> bool:
    """Whether a template has ``{}`` once, or ``{0}``, and no other field: the JVM fills in no more."""
    if not isinstance(template, str) or not _TEMPLATE.fullmatch(template):
        return False
    fields = [part for part in _PART.findall(template) if part in _FIELDS]
    return fields == ["{}"] or (bool(fields) and set(fields) == {"{0}"})


_PARAMETERS = {
    "labels": known.texts(null=True),
    "hypothesis_template": Parameter("a text with {} where the label goes", formats),
    "multi_label": known.flag(),
}


class ZeroShotClassification(GeneralTask):
    """See the module."""

    name = "zero-shot-classification"
    application = "nlp/zero_shot_classification"
    takes_pairs = True
    translator = "org.djlift.translate.ZeroShotClassificationTranslatorFactory"
    java = "org.djlift.ZeroShotClassifier"
    heads = ("ForSequenceClassification",)
    auto = "AutoModelForSequenceClassification"
    labelled = True
    keys = ("text", "labels")
    parameters = _PARAMETERS
    stock_compares = ("labels", "scores")

    def claims(self, checkpoint: Checkpoint) -> bool:
        """One of its labels says that a text entails another: text classification claims it as well."""
        labels = checkpoint.labels or checkpoint.config.get("label2id") or ()
        return super().claims(checkpoint) and any(_says_entailed(str(label)) for label in labels)

    def prepared(self, loaded: Loaded, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
        """The model with the pipeline.

        Raises:
            SourceError: The configuration names no entailment: the pipeline would take the last label for it.
        """
        found = super().prepared(loaded, checkpoint, recipe)
        entailment, labels = found.beside.entailment_id, loaded.model.config.label2id
        if type(entailment) is int and 0 <= entailment < loaded.model.config.num_labels:
            return found
        raise SourceError(
            "no label of the checkpoint is the one that says entailment",
            code="no-entailment-label",
            file=checkpoint.source.folder / "config.json",
            expected=f"a label in label2id that begins with '{_ENTAILS}', with the index of an output",
            found=", ".join(f"{label}: {index}" for label, index in labels.items()),
            mend="name the labels as they are, in label2id and id2label of config.json or as 'labels' in a"
            " recipe; or build the checkpoint with --task text-classification",
        )

    def defaults(self, loaded: Loaded, recipe: Recipe) -> Json:
        """No labels, the pipeline's template, one label that is true."""
        return {"labels": None, "hypothesis_template": TEMPLATE, "multi_label": False}

    def properties(self, loaded: Loaded, recipe: Recipe) -> Mapping[str, str]:
        """Which output is the entailment, and how many positions the model has where it counts them."""
        from djlift.checkpoints.loading import positions_of

        positions = positions_of(loaded.model)
        return {"entailmentId": str(loaded.beside.entailment_id)} | (
            {} if positions is None else {"positions": str(positions)}
        )

    def reference(self, loaded: Loaded, checkpoint: Checkpoint) -> Any:
        """The pipeline."""
        from transformers import ZeroShotClassificationPipeline

        return piped(ZeroShotClassificationPipeline, loaded)

    def variants(self, loaded: Loaded) -> Mapping[str, Variant]:
        """Labels among themselves and each alone, and another template."""
        other = {"hypothesis_template": _OTHER_TEMPLATE}
        if loaded.defaults["hypothesis_template"] == _OTHER_TEMPLATE:
            other = {"hypothesis_template": TEMPLATE}
        return {
            "default": Variant(),
            "one-label": Variant({"multi_label": False}),
            "multi-label": Variant({"multi_label": True}),
            "template": Variant(other, windows="template"),
        }

    def chosen(self, texts: Sequence[Text]) -> Sequence[Text]:
        """A part of the built-in ones: each label is a run of the model."""
        return spread(texts, _EVERY)

    def clear(self, case: Answered, loaded: Loaded) -> bool:
        """Whether no two labels have the same logit but for rounding, among all and each alone."""
        entailment = loaded.beside.entailment_id
        contradiction = -1 if entailment == 0 else 0
        for windows in case.windows.values():
            rows = np.stack([window.logits[0] for window in windows])
            for_all = np.sort(rows[:, entailment])
            alone = np.sort(rows[:, entailment] - rows[:, contradiction])
            if (np.diff(for_all) <= CLEAR).any() or (np.diff(alone) <= CLEAR).any():
                return False
        return True

    def inputs(self, texts: Sequence[Text], loaded: Loaded) -> list[Json]:
        """Texts, each with one to five labels."""
        preset = loaded.defaults.get("labels")
        found: list[Json] = []
        for number, text in enumerate(texts):
            own = given_by(text)
            if own is not None:
                found.append(own)
            elif preset and number % _WITHOUT == _WITHOUT - 1:
                found.append({"text": text.text})
            else:
                count = _COUNTS[number % len(_COUNTS)]
                labels = [_LABELS[(number + n) % len(_LABELS)] for n in range(count)]
                found.append({"text": text.text, "labels": labels})
        return found

    def shown(self, given: Json) -> str:
        """The text and its labels."""
        return " | ".join([str(given["text"]), *map(str, given.get("labels") or ())])

    def windows(self, loaded: Loaded, given: Json, parameters: Json) -> tuple[Window, ...]:
        """A window for each label: the text is cut, the sentence is not.

        None for what the pipeline refuses: a text that is empty, labels that leave no room for any text.
        """
        pipe, labels = loaded.beside, _labels(given, parameters)
        if not labels or not given["text"]:
            return ()
        pairs, _ = pipe._args_parser(given["text"], labels, parameters["hypothesis_template"])
        encodings = [pipe._parse_and_tokenize([pair]).encodings[0] for pair in pairs]
        room = _positions(loaded)
        if any(not e.ids or (room is not None and len(e.ids) > room) for e in encodings):
            return ()
        return tuple(encoded(e, run_model(loaded, [e])[0]) for e in encodings)

    def output(
        self, loaded: Loaded, given: Json, windows: tuple[Window, ...], parameters: Json
    ) -> dict[str, Any]:
        """What the pipeline's own ``postprocess`` makes of the logits."""
        import torch

        outputs = [
            {
                "candidate_label": label,
                "sequence": given["text"],
                "logits": torch.from_numpy(w.logits),
            }
            for label, w in zip(_labels(given, parameters), windows, strict=True)
        ]
        found = loaded.beside.postprocess(outputs, multi_label=parameters["multi_label"])
        return {"labels": found["labels"], "scores": found["scores"]}

    def difference(self, expected: Json, found: Json, tolerance: Tolerance) -> Difference | None:
        """The labels in their order, and their scores."""
        if len(expected["labels"]) == len(found.get("labels", ())) == len(found.get("scores", ())):
            ours, theirs = _ranked(expected), _ranked(found)
            moved = in_order(ours, theirs, close_shares)
            found = {
                **found,
                "labels": [one["label"] for one in moved],
                "scores": [one["score"] for one in moved],
            }
        return super().difference(expected, found, tolerance)

    def near_tie(self, expected: Json, found: Json, tolerance: Tolerance) -> float | None:
        """Labels whose scores are as close as rounding moves them."""
        return by_key(_ranked(expected), _ranked(found), tolerance.score)

    def agrees(self, expected: Json, found: Json) -> bool:
        """The same label first; of a single one the same side of one half."""
        if len(expected["labels"]) == 1:
            sides = {side["scores"][0] >= 0.5 for side in (expected, found)}
            return len(sides) == 1
        return bool(expected["labels"][0] == found["labels"][0])

    def stock(self, variant: Variant, model: Json) -> Mapping[str, str] | None:
        """What DJL takes with each input."""
        settings = {**model.get("parameters", {}), **variant.parameters}
        return {
            "hypothesis_template": str(settings["hypothesis_template"]),
            "multi_label": "true" if settings["multi_label"] else "false",
        }


def _says_entailed(label: str) -> bool:
    return label.lower().startswith(_ENTAILS)


def _labels(given: Json, parameters: Json) -> list[str]:
    return list(given.get("labels") or parameters.get("labels") or ())


def _positions(loaded: Loaded) -> int | None:
    from djlift.checkpoints.loading import positions_of

    return positions_of(loaded.model)


def _ranked(output: Json) -> list[dict[str, Any]]:
    return [
        {"label": label, "score": score}
        for label, score in zip(output["labels"], output["scores"], strict=True)
    ]


TASK = ZeroShotClassification()
