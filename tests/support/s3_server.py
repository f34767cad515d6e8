"""A real S3 protocol server on loopback, moto's, in this process."""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
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
        client(options).create_bucket(Bucket=BUCKET)
        yield options
    finally:
        server.stop()


@functools.cache
def _client(endpoint: str) -> Any:
    """boto3 on the server: not what djlift itself looks through."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        region_name="us-east-1",
    )


def client(options: dict[str, Any]) -> Any:
    """boto3 on the server: not what djlift itself looks through."""
    return _client(options["endpoint_url"])


def objects(options: dict[str, Any], folder: str) -> dict[str, bytes]:
    """Every object below a folder of the bucket, by its name there."""
    s3 = client(options)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{folder}/")
    keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
    return {
        key.removeprefix(f"{folder}/"): s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        for key in keys
    }


def put(options: dict[str, Any], folder: str, files: Mapping[str, bytes]) -> None:
    """Put objects below a folder of the bucket."""
    for name, data in files.items():
        client(options).put_object(Bucket=BUCKET, Key=f"{folder}/{name}", Body=data)


def uploads(options: dict[str, Any]) -> list[str]:
    """Keys of uploads in parts that were begun and not completed."""
    found = client(options).list_multipart_uploads(Bucket=BUCKET)
    return [upload["Key"] for upload in found.get("Uploads") or ()]
