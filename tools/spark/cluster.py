"""A real Spark cluster on loopback: a master, two workers with an address each, executors of their own.

Spark's ``local-cluster`` gives all workers one address, and Spark runs no task twice on one host: nothing is
speculative there.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

WORKERS = ("127.0.0.2", "127.0.0.3")
_LIMIT = 60


@contextlib.contextmanager
def cluster(room: Path) -> Iterator[str]:
    """A cluster of two executors with a core each; gives the master's address. Its files go into ``room``."""
    room.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    master = f"spark://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        arguments = ("--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
        stack.enter_context(_daemon(room / "master", "master.Master", *arguments))
        _told(room / "master", "I have been elected leader")
        for host in WORKERS:
            folder = room / host
            arguments = ("--host", host, "--cores", "1", "--memory", "2g", "--webui-port", "0")
            arguments += ("--work-dir", str(folder / "work"), master)
            stack.enter_context(_daemon(folder, "worker.Worker", *arguments))
        for host in WORKERS:
            _told(room / host, "Successfully registered with master")
        yield master


@contextlib.contextmanager
def _daemon(folder: Path, name: str, *arguments: str) -> Iterator[None]:
    import pyspark

    folder.mkdir(parents=True)
    home = Path(pyspark.__file__).parent
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [str(home / "bin/spark-class"), f"org.apache.spark.deploy.{name}", *arguments],
            env=os.environ | {"SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)


def _told(folder: Path, what: str) -> None:
    """Wait until a daemon has written something."""
    end = time.monotonic() + _LIMIT
    while what not in (folder / "log").read_text(encoding="utf-8", errors="replace"):
        assert time.monotonic() < end, (folder / "log").read_text(encoding="utf-8")[-2000:]
        time.sleep(0.1)
