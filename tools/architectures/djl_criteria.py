"""DJL's own doors: ``Criteria`` with each pair of types, against what transformers' pipeline gives.

Nothing of djlift is called here. DJL finds the translator by itself: in the metadata.json of a zoo, or in the
archive's serving.properties.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import jpype

from djlift.archive.golden import Case, Entity
from djlift.jvm import process
from djlift.tasks.token_classification.strategies import STRATEGIES
from djlift.zoo import placing
from tools.architectures.rows import Compared

METADATA, PROPERTIES = "metadata.json", "serving.properties"
TEXT, TEXTS, SERVING = "String", "String[]", "Input"
DOORS = (TEXT, TEXTS, SERVING)


@dataclass(frozen=True)
class Way:
    """How DJL is asked.

    Attributes:
        door: Type of the input, one of :data:`DOORS`.
        finder: Where DJL finds the translator: :data:`METADATA` or :data:`PROPERTIES`.
        windows: Whether long texts are read in windows, with the stride they were recorded with.
    """

    door: str
    finder: str
    strategy: str
    windows: bool = False


WAYS = (
    *(
        Way(door, (METADATA, PROPERTIES)[(i + j) % 2], strategy)
        for (i, door), (j, strategy) in product(enumerate(DOORS), enumerate(STRATEGIES))
    ),
    Way(TEXT, METADATA, "simple", windows=True),
    Way(TEXTS, PROPERTIES, "average", windows=True),
    Way(SERVING, METADATA, "max", windows=True),
)
"""Each door with each strategy and both finders, and with windows."""


def few(number: int) -> tuple[Way, ...]:
    """Each door once and one with windows; other strategies and finders for another number."""
    plain = [WAYS[(5 * i + number + i) % 5 + 5 * i] for i in range(3)]
    return (*plain, WAYS[15 + number % 3])


def chosen(cases: Sequence[Case], count: int) -> list[Case]:
    """So many cases for the doors: those with windows and with astral characters first, others between."""
    telling = [c for c in cases if c.strides or max(c.text, default="") > "\uffff"]
    others = [c for c in cases if c not in telling]
    first = telling[: count // 2]
    return first + others[:: max(1, len(others) // (count - len(first)))][: count - len(first)]


def compared(
    archive: Path, folder: Path, cases: Sequence[Case], ways: Sequence[Way]
) -> Iterator[Compared]:
    """Each text through each door; spans are compared as Java's ``substring`` takes them.

    Args:
        folder: Where a zoo and DJL's cache are made.
    """
    placing.add(folder / "zoo", archive)
    with _own_cache(folder / "cache"):
        for way in ways:
            asked = [c for c in cases if c.strides] if way.windows else cases
            strides = {next(iter(c.strides)) for c in asked} if way.windows else {None}
            for stride in strides:
                answers = _asked(way, archive, folder / "zoo", [c.text for c in asked], stride)
                for case, found in zip(asked, answers, strict=True):
                    outputs = case.outputs if stride is None else case.strides[stride]
                    known = [_in_utf16(e, case.text) for e in outputs[way.strategy]]
                    what = f"{way.door} by {way.finder}, {way.strategy}, stride {stride}, {case.id}"
                    yield Compared(what, known, found)


def _in_utf16(entity: Entity, text: str) -> Entity:
    """The entity with its span in UTF-16 units; what stands there is put behind the word."""
    start, end = (len(text[:at].encode("utf-16-le")) // 2 for at in (entity.start, entity.end))
    return replace(
        entity, start=start, end=end, word=_pair(entity.word, text[entity.start : entity.end])
    )


def _pair(word: str, span: str) -> str:
    return f"{word} = {span}"


def _asked(
    way: Way, archive: Path, folder: Path, texts: Sequence[str], stride: str | None
) -> list[list[Entity]]:
    java = [process.java_string(text) for text in texts]
    with _model(way, archive, folder, stride) as model, _closing(model.newPredictor()) as predictor:
        if way.door == TEXT:
            half = len(java) // 2
            named = [predictor.predict(text) for text in java[:half]]
            named += predictor.batchPredict(_listed(java[half:]))
        elif way.door == TEXTS:
            named = list(predictor.predict(jpype.JArray(jpype.JString)(java)))
        else:
            return _served(predictor, texts, java)
        return [_entities(own, text) for own, text in zip(named, java, strict=True)]


@contextlib.contextmanager
def _model(way: Way, archive: Path, folder: Path, stride: str | None) -> Iterator[Any]:
    named = jpype.JClass("ai.djl.modality.nlp.translator.NamedEntity")
    string = jpype.JClass("java.lang.String")
    types = {
        TEXT: (string.class_, named[:].class_),
        TEXTS: (string[:].class_, named[:, :].class_),
        SERVING: tuple(jpype.JClass(f"ai.djl.modality.{n}").class_ for n in ("Input", "Output")),
    }
    builder = jpype.JClass("ai.djl.repository.zoo.Criteria").builder().setTypes(*types[way.door])
    builder = builder.optArgument("aggregation_strategy", jpype.JString(way.strategy))
    if stride is not None:
        builder = builder.optArgument("stride", jpype.JString(stride))
    if way.finder == METADATA:
        builder = builder.optModelUrls(jpype.JString(folder.as_uri()))
    else:
        path = jpype.JClass("java.nio.file.Path").of(jpype.JString(str(archive)))
        deferred = jpype.JClass("ai.djl.translate.DeferredTranslatorFactory")
        builder = builder.optModelPath(path).optTranslatorFactory(deferred())
    with _closing(builder.build().loadModel()) as model:
        yield model


def _served(predictor: Any, texts: Sequence[str], java: Sequence[Any]) -> list[list[Entity]]:
    """Half of the texts plain, a request each; the others as one list of JSON."""
    half = len(texts) // 2
    requests = [_request(text) for text in java[:half]]
    listed = process.java_string(json.dumps({"inputs": list(texts[half:])}))
    request = _request(listed)
    request.addProperty("Content-Type", "application/json; charset=utf-8")
    *plain, batch = [
        json.loads(process.python_strings([predictor.predict(r).getData().getAsString()])[0])
        for r in (*requests, request)
    ]
    return [
        [_entity(text, e) for e in own] for text, own in zip(java, (*plain, *batch), strict=True)
    ]


def _request(text: Any) -> Any:
    request = jpype.JClass("ai.djl.modality.Input")()
    request.add(text)
    return request


def _entities(named: Any, text: Any) -> list[Entity]:
    return [
        _entity(
            text,
            {
                "entity": str(e.getEntity()),
                "score": float(e.getScore()),
                "word": process.python_strings([e.getWord()])[0],
                "start": int(e.getStart()),
                "end": int(e.getEnd()),
                "index": int(e.getIndex()),
            },
        )
        for e in named
    ]


def _entity(text: Any, data: dict[str, Any]) -> Entity:
    start, end, index = data["start"], data["end"], data["index"]
    span = process.python_strings([text.substring(start, end)])[0]
    word = _pair(data["word"], span)
    return Entity(data["entity"], data["score"], word, start, end, None if index < 0 else index)


def _listed(strings: Sequence[Any]) -> Any:
    return jpype.JClass("java.util.Arrays").asList(jpype.JArray(jpype.JString)(strings))


@contextlib.contextmanager
def _closing(resource: Any) -> Iterator[Any]:
    try:
        yield resource
    finally:
        resource.close()


@contextlib.contextmanager
def _own_cache(folder: Path) -> Iterator[None]:
    """A cache of models for this archive: DJL keeps models by the path they came from, whatever they hold."""
    system = jpype.JClass("java.lang.System")
    engines = str(jpype.JClass("ai.djl.util.Utils").getEngineCacheDir())
    own = {"DJL_CACHE_DIR": str(folder), "ENGINE_CACHE_DIR": engines, "OPT_OUT_TRACKING": "true"}
    before = {key: system.getProperty(key) for key in own}
    for key, value in own.items():
        system.setProperty(key, value)
    try:
        yield
    finally:
        for key, old in before.items():
            if old is None:
                system.clearProperty(key)
            else:
                system.setProperty(key, old)
