"""A real S3 protocol server on loopback, moto's, in this process."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import fsspec
import moto.s3.models
from moto.server import ThreadedMotoServer

BUCKET = "models"
PART = 64 << 10
"""Bytes of a part of an upload."""
Application = Callable[[dict[str, Any], Any], Any]


class OneAtATime:
    """Requests that write come one after the other.

    S3 decides a condition and writes in one step; moto looks first and writes then, in threads.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self.lock = threading.Lock()
        self.seen: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        self.seen.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return self.application(environ, start)
        with self.lock:
            return list(self.application(environ, start))


class Forgetful(OneAtATime):
    """A server that ignores conditions: ``headers`` of these ``methods``, in WSGI's names."""

    def __init__(self, application: Application, methods: set[str], headers: set[str]) -> None:
        super().__init__(application)
        self.methods, self.headers = methods, headers

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        if environ["REQUEST_METHOD"] in self.methods:
            environ = {k: v for k, v in environ.items() if k not in self.headers}
        return super().__call__(environ, start)


@contextlib.contextmanager
def serving(
    wrap: Callable[[Application], Application] = OneAtATime,
) -> Iterator[dict[str, Any]]:
    """A server with a bucket; gives the storage options that reach it.

    moto keeps buckets for the whole process: every test has a prefix of its own.
    """
    # S3 itself takes no part below 5 MiB but the last; the order of things is the same with small ones.
    moto.s3.models.S3_UPLOAD_PART_MIN_SIZE = PART
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    assert server._server is not None
    server._server.app = wrap(server._server.app)  # type: ignore[attr-defined]
    _, port = server.get_host_and_port()
    options = {
        "endpoint_url": f"http://127.0.0.1:{port}",
        "key": "testing",
        "secret": "testing",
        "client_kwargs": {"region_name": "us-east-1"},
    }
    try:
        with contextlib.suppress(FileExistsError):
            system(options).call_s3("create_bucket", Bucket=BUCKET)
        yield options
    finally:
        server.stop()


def system(options: dict[str, Any]) -> Any:
    """s3fs on the server."""
    return fsspec.filesystem("s3", use_listings_cache=False, **options)


def objects(options: dict[str, Any], prefix: str = "") -> dict[str, bytes]:
    """Every object of the bucket below a prefix, by its key after the prefix."""
    fs = system(options)
    found = fs.find(f"{BUCKET}/{prefix}" if prefix else BUCKET)
    return {str(p).removeprefix(f"{BUCKET}/{prefix}").lstrip("/"): fs.cat_file(p) for p in found}


def uploads(options: dict[str, Any]) -> list[str]:
    """Keys of uploads in parts that were begun and not completed."""
    found = system(options).call_s3("list_multipart_uploads", Bucket=BUCKET)
    return [upload["Key"] for upload in found.get("Uploads") or ()]
