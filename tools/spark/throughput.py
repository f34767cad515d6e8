"""Texts per second inside Spark, against the same classifier outside of it, and against Spark NLP.

``python -m tools.spark.throughput ARCHIVE TEXTS`` runs both sides in turns in one JVM, on as many threads, on
the same parts of the texts in the same order, and prints medians and their ratio. ``--spark-nlp`` adds Spark
NLP's ``BertForTokenClassification`` on the archive's own graph (BERT only), in turns with the stage, on Spark
3.5.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from djlift.archive import container as archives

ROOT = Path(__file__).parents[2]


def measured(task: str, *arguments: str) -> dict[str, Any]:
    """The last line that a program of ``jvm-bridge/spark`` prints."""
    run = subprocess.run(
        [str(ROOT / "jvm-bridge/gradle"), "--quiet", *arguments[:-1], task, arguments[-1]],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def for_spark_nlp(archive: Path, folder: Path) -> None:
    """The archive's graph as Spark NLP wants it: with its vocabulary and labels as lines."""
    with archives.opened(archive) as opened:
        (folder / "assets").mkdir(parents=True)
        shutil.copy(opened.folder / "model.onnx", folder / "model.onnx")
        tokenizer = json.loads((opened.folder / "tokenizer.json").read_text(encoding="utf-8"))
        config = json.loads((opened.folder / "config.json").read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    labels = [config["id2label"][str(i)] for i in range(len(config["id2label"]))]
    (folder / "assets/vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    (folder / "assets/labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """0, with what was measured on stdout."""
    parser = argparse.ArgumentParser(prog="python -m tools.spark.throughput")
    parser.add_argument("archive", type=Path)
    parser.add_argument("texts", type=Path, help="a text a line")
    parser.add_argument("--times", type=int, default=4, help="how often the texts are taken")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--spark", default="4.0-2.13")
    parser.add_argument("--spark-nlp", action="store_true")
    parser.add_argument(
        "--batch", type=int, default=8, help="Spark NLP's batch size; 8 is its default"
    )
    options = parser.parse_args(arguments)
    archive, texts = options.archive.absolute(), options.texts.absolute()
    counts = f"{options.times} {options.rounds} {options.threads}"
    alone = measured(
        f":spark:sparkRun{options.spark}",
        "-Pmain=org.djlift.spark.Throughput",
        f"-Parguments={archive} {texts} {counts}",
    )
    print(json.dumps(alone), flush=True)
    if options.spark_nlp:
        with tempfile.TemporaryDirectory(prefix="djlift-spark-nlp-") as name:
            for_spark_nlp(archive, Path(name) / "model")
            found = measured(
                ":spark:sparkNlpRun",
                f"-Parguments={archive} {name}/model {texts} {counts} {options.batch}",
            )
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
