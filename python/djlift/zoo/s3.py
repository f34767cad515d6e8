"""A zoo in S3: every write is conditional, so publishers need no lock.

metadata.json is written only if it still has the ETag that was read (``If-Match``), archives only if there is
none of that name (``If-None-Match: *``, on PutObject and on CompleteMultipartUpload). Servers exist that ignore
these headers, and old clients leave them out: :meth:`S3.prepare` tries both before anything is published.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

from djlift.errors import ZooError
from djlift.zoo.objects import PROBE, PROBE_TEXT, Objects, code_of, lost_is_false, told
from djlift.zoo.store import Content, Upload

_NO_TAG = '"00000000000000000000000000000000"'
_SINGLE = 64 << 20
_PART = 16 << 20
_PARTS = 10_000
"""S3's limit of parts per upload."""
_AT_ONCE = 4
_LOST = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "409"})
_GONE = frozenset({"NoSuchKey", "NoSuchUpload", "404"})


class S3(Objects):
    """A prefix of a bucket, through s3fs."""

    def __init__(
        self, system: Any, root: str, url: str, *, single: int = _SINGLE, part: int = _PART
    ) -> None:
        """``single``: files of more bytes go in parts of ``part`` bytes."""
        super().__init__(system, root, url)
        self._single, self._part = single, part
        self._parts_tried = False

    def prepare(self) -> None:
        with told(self.place(PROBE)):
            self._put(PROBE, PROBE_TEXT, "text/plain", IfNoneMatch="*")
            for condition in ({"IfNoneMatch": "*"}, {"IfMatch": _NO_TAG}):
                if self._put(PROBE, PROBE_TEXT, "text/plain", **condition):
                    raise self._ignored("PutObject", next(iter(condition)))

    def tidy(self, name: str) -> None:
        # A publisher that still uploads the same name can only lose: the file is there.
        # Not everybody may list uploads; what stays costs room, and nobody sees it.
        with contextlib.suppress(Exception):
            found = self._call(
                "list_multipart_uploads", self._place(name)[0], Prefix=self._key(name)
            )
            for upload in found.get("Uploads") or ():
                if upload["Key"] == self._key(name):
                    self._call(
                        "abort_multipart_upload", *self._place(name), UploadId=upload["UploadId"]
                    )

    def read(self, name: str) -> Content | None:
        from fsspec.asyn import sync

        with told(self.place(name)):
            try:
                return Content(*sync(self.system.loop, self._get, *self._place(name)))
            except FileNotFoundError as problem:
                if code_of(problem) == "NoSuchBucket":
                    raise
                return None

    def size(self, name: str) -> int | None:
        with told(self.place(name)):
            try:
                return int(self._call("head_object", *self._place(name))["ContentLength"])
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes, tag: str | None) -> bool:
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        with told(self.place(name)):
            return self._put(name, data, "application/json", **condition)

    def put(self, name: str, data: bytes) -> None:
        with told(self.place(name)):
            self._put(name, data, "application/octet-stream")

    def create(self, name: str, upload: Upload) -> bool:
        from fsspec.asyn import sync

        with told(self.place(name)):
            if upload.size <= self._single:
                data = b"".join(upload.blocks())
                return self._put(name, data, "application/zip", IfNoneMatch="*")
            size = max(self._part, -(-upload.size // _PARTS))
            if not self._parts_tried:
                self._try_parts()
                self._parts_tried = True
            with lost_is_false(_lost_or_gone) as outcome:
                sync(self.system.loop, self._send, *self._place(name), upload.blocks(size))
            return outcome.won

    def _try_parts(self) -> None:
        """Prove that the last step of an upload in parts is conditional too."""
        from fsspec.asyn import sync

        with lost_is_false(_lost_or_gone) as outcome:
            sync(self.system.loop, self._send, *self._place(PROBE), iter([PROBE_TEXT]))
        if outcome.won:
            raise self._ignored("CompleteMultipartUpload", "IfNoneMatch")

    def _put(self, name: str, data: bytes, kind: str, **condition: str) -> bool:
        """False when the condition does not hold."""
        with lost_is_false(_lost_or_gone if condition else _lost) as outcome:
            self._call("put_object", *self._place(name), Body=data, ContentType=kind, **condition)
        return outcome.won

    def _call(self, method: str, bucket: str, key: str | None = None, **arguments: Any) -> Any:
        if key is not None:
            arguments["Key"] = key
        return self.system.call_s3(method, Bucket=bucket, **arguments)

    def _place(self, name: str) -> tuple[str, str]:
        bucket, key, _ = self.system.split_path(self.path(name))
        return bucket, key

    def _key(self, name: str) -> str:
        return self._place(name)[1]

    async def _get(self, bucket: str, key: str) -> tuple[bytes, str]:
        answer = await self.system._call_s3("get_object", Bucket=bucket, Key=key)
        async with answer["Body"] as body:
            return await body.read(), answer["ETag"]

    async def _send(self, bucket: str, key: str, blocks: Iterator[bytes]) -> None:
        """Upload in parts; what cannot be completed is taken back."""
        call = self.system._call_s3
        at = {"Bucket": bucket, "Key": key}
        begun = await call("create_multipart_upload", **at, ContentType="application/zip")
        at["UploadId"] = begun["UploadId"]
        parts: list[Any] = []
        try:
            while chunk := list(itertools.islice(blocks, _AT_ONCE)):
                sent = await asyncio.gather(
                    *(
                        call("upload_part", **at, PartNumber=number, Body=block)
                        for number, block in enumerate(chunk, len(parts) + 1)
                    ),
                    return_exceptions=True,
                )
                # Only when none is on its way any more: what arrives after the abort would stay.
                for answer in sent:
                    if isinstance(answer, BaseException):
                        raise answer
                parts += sent
            listed = [{"PartNumber": n, "ETag": p["ETag"]} for n, p in enumerate(parts, 1)]
            await call(
                "complete_multipart_upload",
                **at,
                MultipartUpload={"Parts": listed},
                IfNoneMatch="*",
            )
        except Exception:
            with contextlib.suppress(Exception):
                await call("abort_multipart_upload", **at)
            raise

    def _ignored(self, operation: str, condition: str) -> ZooError:
        header = {"IfNoneMatch": "If-None-Match", "IfMatch": "If-Match"}[condition]
        return ZooError(
            "two publishers cannot be kept apart in this store; nothing was published",
            code="zoo-no-locks",
            file=self.place(PROBE),
            expected=f"{operation} with {header} to be refused when the condition does not hold",
            found="it was carried out",
            mend="pip install --upgrade s3fs botocore; if it stays so, the server lacks conditional writes",
        )


def _lost(problem: Exception) -> bool:
    return code_of(problem) in _LOST


def _lost_or_gone(problem: Exception) -> bool:
    """Also when what the condition speaks of went meanwhile."""
    return code_of(problem) in _LOST | _GONE
