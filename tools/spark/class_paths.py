"""Which jar each library comes from when djlift's stage runs in a downloaded Spark.

``python -m tools.spark.class_paths ARCHIVE [FOLDER ...]`` runs the stage on the PySpark of this environment
and on those in folders (``pip install --target FOLDER pyspark==3.5.*``), each with the jars that its download
has, and prints the table of docs/spark.md. It fails when the stage gives other entities on one of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LIBRARIES = {
    "Gson (Spark's)": "com.google.gson.Gson",
    "Gson (djlift's)": "org.djlift.shaded.gson.Gson",
    "DJL": "ai.djl.Model",
    "DJL tokenizers": "ai.djl.huggingface.tokenizers.HuggingFaceTokenizer",
    "ONNX Runtime": "ai.onnxruntime.OrtEnvironment",
    "commons-compress": "org.apache.commons.compress.archivers.zip.ZipFile",
    "commons-io": "org.apache.commons.io.IOUtils",
    "commons-codec": "org.apache.commons.codec.binary.Hex",
    "JNA": "com.sun.jna.Native",
    "slf4j": "org.slf4j.Logger",
}
TEXTS = ("Ada Lovelace met Charles Babbage in London \U0001f389 and Zürich.", "", None)


def seen(archive: Path) -> dict[str, Any]:
    """What the Spark of this process has: its version, the jar of each library, the entities."""
    from djlift.spark import TokenClassificationTransformer
    from tools.spark.soak import session

    spark = session("local[2]")
    rows = spark.createDataFrame(list(enumerate(TEXTS)), "id int, text string")
    stage = TokenClassificationTransformer(archive=str(archive))
    found = [row.asDict(recursive=True) for row in stage.transform(rows).orderBy("id").collect()]
    loader = spark._jvm.java.lang.Thread.currentThread().getContextClassLoader()
    jars = {}
    for library, name in LIBRARIES.items():
        source = loader.loadClass(name).getProtectionDomain().getCodeSource()
        jars[library] = Path(str(source.getLocation().getPath())).name
    scala = str(spark._jvm.scala.util.Properties.versionNumberString())
    version = spark.version
    spark.stop()
    return {"spark": version, "scala": scala, "jars": jars, "rows": found}


def elsewhere(archive: Path, folder: Path | None) -> dict[str, Any]:
    """The same in a process of its own, on the PySpark of a folder."""
    path = [] if folder is None else [str(folder)]
    run = subprocess.run(
        [sys.executable, "-m", "tools.spark.class_paths", str(archive), "--one"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*path, os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def table(found: Sequence[dict[str, Any]]) -> str:
    """Markdown."""
    heads = [f"Spark {one['spark']}, Scala {one['scala']}" for one in found]
    lines = [" | ".join(("| library", *heads)) + " |", "|---" * (len(heads) + 1) + "|"]
    lines += [
        " | ".join((f"| {lib}", *(f"`{one['jars'][lib]}`" for one in found))) + " |"
        for lib in LIBRARIES
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: the same entities on each."""
    parser = argparse.ArgumentParser(prog="python -m tools.spark.class_paths")
    parser.add_argument("archive", type=Path)
    parser.add_argument("folders", type=Path, nargs="*", help="folders with another PySpark")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(seen(options.archive)))
        return 0
    found = [elsewhere(options.archive, folder) for folder in (*options.folders, None)]
    print(table(found))
    return 0 if all(one["rows"] == found[0]["rows"] for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
