"""Writes this folder's data with djlift 0.1.0: run it in a tree of that version (README.md), in no later one.

``PYTHONPATH=. .venv/bin/python FOLDER/make.py OUT`` at the top of that tree; OUT must not exist.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.support.checkpoints import architectures
from tests.support.checkpoints.tasks import question_answering, text_embedding
from tests.support.hostile.signatures import a_key

import djlift
from djlift.archive import signing
from djlift.builder.build import build
from djlift.checkpoints.recipe import Recipe
from djlift.texts import corpus
from djlift.texts.text import LONG

EVERY = 23
"""Of the built-in texts one in so many is recorded, and one long text."""
MODELS: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    "ner": ("token-classification", partial(architectures.write, "BERT", "WordPiece, cased")),
    "embed": ("text-embedding", text_embedding.MODELS["BERT"]),
    "qa": ("question-answering", question_answering.MODELS["BERT"]),
}
STAGES: Mapping[str, Mapping[str, Any]] = {
    "TokenClassificationTransformer": {
        "archive": "ner.zip",
        "outputCol": "found",
        "aggregationStrategy": "first",
        "stride": 8,
        "tokenBudget": 77,
        "errorCol": "why",
    },
    "TextEmbeddingTransformer": {"archive": "embed.zip", "truncateDim": 16},
    "QuestionAnsweringTransformer": {"archive": "qa.zip", "contextCol": "text", "topK": 2},
    "TextClassificationTransformer": {"topK": 0, "function": "sigmoid"},
    "SparseEmbeddingTransformer": {"topK": 3},
    "TextRankingTransformer": {"queryCol": "question", "allScores": True},
    "ZeroShotClassificationTransformer": {"labels": ["sport", "politics"], "multiLabel": True},
    "FillMaskTransformer": {"targets": ["Berlin"], "zoo": "zoo"},
}
"""Every stage, with settings that are not its defaults; the first three have an archive in the zoo."""
ROW = {"text": "Maria met Angela Merkel in Berlin.", "question": "Who was in Berlin?"}


def publish(model: str, folder: Path, zoo: Path) -> None:
    """Build an archive, prove it, sign that of token classification, and publish it by the command."""
    task, writer = MODELS[model]
    source = folder / "checkpoint"
    source.mkdir(parents=True)
    writer(source)
    texts = corpus.builtin()
    long = [text for text in texts if text.group == LONG][:1]
    chosen = (*[text for text in texts if text.group != LONG][::EVERY], *long)
    recipe = Recipe((str(source),), name=model, group="org.example", task=task)
    with patch.object(corpus, "builtin", lambda: chosen):
        result = build(recipe, folder / "built")
    (one,) = result.built
    assert one.archive is not None, one.report.to_dict()
    if model == "ner":
        signing.sign_beside(one.archive, a_key(folder, "key"))
        shutil.copyfile(folder / "key.pub", zoo.parent / "key.pub")
    command = [sys.executable, "-m", "djlift.cli.main", "publish", str(one.archive), str(zoo)]
    subprocess.run(command, check=True)


def rows(out: Path) -> None:
    """Save the pipeline with every stage, and what three of its stages gave for a row."""
    from pyspark.ml import PipelineModel
    from pyspark.sql import SparkSession

    from djlift import spark

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.jars", spark.jars())
        .getOrCreate()
    )
    stages = [getattr(spark, name)(**settings) for name, settings in STAGES.items()]
    PipelineModel(stages).save(str(out / "pipeline"))
    found = session.createDataFrame([ROW])
    for stage in stages[:3]:
        (archive,) = (out / "zoo").rglob(
            f"{stage.getArchive().removesuffix('.zip')}-1.0.0-fp32.zip"
        )
        found = stage.copy().setArchive(str(archive)).transform(found)
    (row,) = found.collect()
    data = {"stages": STAGES, "row": row.asDict(recursive=True)}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    (out / "pipeline.json").write_text(text + "\n", encoding="utf-8")
    session.stop()


def main(out: Path) -> None:
    """Write everything below ``out``."""
    assert djlift.__version__ == "0.1.0"
    out.mkdir()
    with tempfile.TemporaryDirectory() as name:
        for model in MODELS:
            publish(model, Path(name, model), out / "zoo")
    rows(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
