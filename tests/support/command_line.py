"""The command line in a process of its own."""

from __future__ import annotations

import os
import resource
import subprocess
import sys


def djlift(
    *arguments: str, stdin: str | None = None, file_limit: int | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does; ``file_limit`` stands in for a full disk, in bytes."""

    def limit() -> None:
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    return subprocess.run(
        [sys.executable, "-m", "djlift.cli.main", *arguments],
        input=stdin,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        preexec_fn=limit,
    )
