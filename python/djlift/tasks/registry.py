"""Every task by its name: one is imported when it is asked for, since some import much."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from djlift.checkpoints.checkpoint import Checkpoint, adapter_brings_parts, adapter_task
from djlift.checkpoints.recipe import Recipe
from djlift.errors import ArchiveError, SourceError, not_listed
from djlift.tasks.frame.task import Task

MODULES: Mapping[str, str] = {
    "fill-mask": "djlift.tasks.fill_mask",
    "question-answering": "djlift.tasks.question_answering.task",
    "sparse-embedding": "djlift.tasks.sparse_embedding",
    "text-classification": "djlift.tasks.text_classification",
    "text-embedding": "djlift.tasks.text_embedding.task",
    "text-ranking": "djlift.tasks.text_ranking.task",
    "token-classification": "djlift.tasks.token_classification.task",
    "zero-shot-classification": "djlift.tasks.zero_shot_classification",
}
"""The module of each task, which holds it as ``TASK``, by the name that Hugging Face gives the task."""
_HEAD = re.compile(r"For[A-Z]\w*$|(LMHead|DoubleHeads)Model$")
# Trained with several heads, a masked language model's among them: what is missing is seen at load.
_SEVERAL = ("ForPreTraining",)
_CAUSAL = "a causal language model, which writes text"
_KINDS = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "a vision-language model": r"VL\w*For|Vision2Seq|ImageTextToText|VisualQuestion|Vision.*Text"
        r"|^(CLIP|Siglip|Blip|Llava|LayoutLM|Pix2Struct|Donut|Idefics|PaliGemma)",
        "a model for images": r"For(\w*Image\w*|\w*ObjectDetection|\w*Segmentation|DepthEstimation|Video\w*)"
        r"$|^(ViT|DeiT|Beit|Swin|ConvNext|ResNet|Dino)",
        "a model for audio": r"For(CTC|Audio\w*|Speech\w*|XVector|TextToWaveform)$"
        r"|^(Whisper|Wav2Vec2|Hubert|WavLM|Speech|Seamless|Bark|Vits|Musicgen)",
        "a sequence-to-sequence model, which writes text": r"ForConditionalGeneration$|MTModel$",
        _CAUSAL: r"ForCausalLM$|LMHead(Model)?$|DoubleHeadsModel$",
        "a model for multiple choice": r"ForMultipleChoice$",
        "a model for next-sentence prediction": r"ForNextSentencePrediction$",
    }.items()
}
"""By what they are, the names of architectures that no task here takes."""
_ALSO = {
    "ner": "token-classification",
    "sentiment-analysis": "text-classification",
    "sequence-classification": "text-classification",
    "feature-extraction": "text-embedding",
    "sentence-similarity": "text-embedding",
    "cross-encoder": "text-ranking",
    "reranking": "text-ranking",
    "masked-lm": "fill-mask",
    "splade": "sparse-embedding",
}
"""What others call the tasks: transformers' pipelines, the hub, sentence-transformers."""


def names() -> tuple[str, ...]:
    """The names of all tasks, in order."""
    return tuple(MODULES)


@cache
def of(name: str) -> Task:
    """The task of a name.

    Raises:
        UsageError: There is no such task.
    """
    if name not in MODULES:
        raise not_listed(
            f"the task '{name}' is not supported", "unknown-task", name, names(), also=_ALSO
        )
    task = import_module(MODULES[name]).TASK
    assert isinstance(task, Task)
    return task


def of_archive(name: str, archive: object) -> Task:
    """The task that an archive's manifest names.

    Raises:
        ArchiveError: This version of djlift does not know it.
    """
    if name not in names():
        raise ArchiveError(
            "the archive's task is not known to this version of djlift",
            code="unknown-task",
            file=str(archive),
            expected=", ".join(names()),
            found=name,
            mend="upgrade djlift",
        )
    return of(name)


def chosen(recipe: Recipe, checkpoint: Checkpoint) -> Task:
    """The task that is asked for, or the one that the checkpoint is clearly for.

    Raises:
        SourceError: The checkpoint does not say, or says two; the choices are named. Or it has the head of
            another task than the one that is asked for.
        UsageError: The recipe names a task that is none.
    """
    if recipe.task is not None:
        task = of(recipe.task)
        _refuse_other_head(task, checkpoint)
        return task
    every = [of(name) for name in names()]
    # What an adapter was trained for, it brings the head of, whatever the base is.
    kind = adapter_task(checkpoint)
    claims = [task for task in every if kind in task.adapters] or [
        task for task in every if task.claims(checkpoint)
    ]
    narrowed = {name for task in claims for name in task.narrows}
    clearest = [task for task in claims if task.name not in narrowed]
    if len(clearest) == 1:
        return clearest[0]
    if not claims:
        raise _no_task(checkpoint)
    # A checkpoint may be clearly for one task, and usable for others: those have to be asked for.
    choices = [task.name for task in claims]
    raise SourceError(
        "the checkpoint may be for more than one task",
        code="more-than-one-task",
        file=checkpoint.source.folder / "config.json",
        expected="one task",
        found=", ".join(choices),
        mend=f"--task {' or --task '.join(choices)}",
    )


def kind_of(config: Mapping[str, Any]) -> str | None:
    """What a model is that djlift has no task for; None where its configuration does not say."""
    names = [str(a) for a in config.get("architectures") or ()]
    encodes = config.get("is_encoder_decoder") is True
    for kind, pattern in _KINDS.items():
        if any(pattern.search(name) for name in names):
            return kind
    return "a sequence-to-sequence model, which writes text" if encodes else None


def _no_task(checkpoint: Checkpoint) -> SourceError:
    """Say what the model is; a task is offered only where the model may have its head."""
    kind = kind_of(checkpoint.config)
    named = ", ".join(map(str, checkpoint.config.get("architectures") or ()))
    return SourceError(
        f"the checkpoint is {kind}: djlift has no task for it"
        if kind
        else "the checkpoint is not for a supported task",
        code="no-task",
        file=checkpoint.source.folder / "config.json",
        expected=f"a text model for one of djlift's tasks: {', '.join(names())}",
        found=named or "no architectures",
        mend="--task text-embedding, for vectors of the model without its head"
        if kind == _CAUSAL
        else None
        if kind
        else f"--task {' or --task '.join(names())}, if the checkpoint or its adapter does have such a head",
    )


def _refuse_other_head(task: Task, checkpoint: Checkpoint) -> None:
    """A head of another task would be run, and labelled, as if it were this one's."""
    if not task.heads:
        return
    adapter = adapter_task(checkpoint)
    sharing = {
        kind for o in map(of, names()) if set(o.heads) & set(task.heads) for kind in o.adapters
    }
    others = {kind for o in map(of, names()) if o.heads for kind in o.adapters} - sharing
    if adapter in others:
        assert checkpoint.adapter is not None
        raise SourceError(
            "the adapter was trained for another task than the one that is asked for",
            code="other-task-adapter",
            file=checkpoint.adapter.folder / "adapter_config.json",
            expected=f"the task_type {' or '.join(sorted(sharing)) or 'of the checkpoint'}",
            found=str(adapter),
        )
    named = [str(a) for a in checkpoint.config.get("architectures") or ()]
    heads = [a for a in named if _HEAD.search(a)]
    if not heads or any(a.endswith((*task.heads, *_SEVERAL)) for a in heads):
        return
    if adapter in sharing or (adapter is None and adapter_brings_parts(checkpoint)):
        return
    raise SourceError(
        f"the checkpoint's head is not one for {task.name.replace('-', ' ')}",
        code="other-head",
        file=checkpoint.source.folder / "config.json",
        expected=f"an architecture that ends in {' or '.join(task.heads)}, or an adapter that brings the head",
        found=", ".join(heads),
    )
