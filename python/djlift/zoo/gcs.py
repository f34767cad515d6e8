"""A zoo in Google Cloud Storage: every write names the generation that it replaces (``ifGenerationMatch``)."""

from __future__ import annotations

import json
from urllib.parse import quote

from djlift.errors import ZooError
from djlift.zoo.objects import Objects, lost_is_false, told
from djlift.zoo.store import Content, Upload

_NONE = "0"
"""The generation of what is not there."""
_TRIES = 20


class Gs(Objects):
    """A prefix of a bucket, through gcsfs."""

    def prepare(self) -> None:
        # An emulator was found to ignore generations.
        self.try_conditions("1")

    def read(self, name: str) -> Content | None:
        bucket, key, _ = self.system.split_path(self.path(name))
        with told(self.place(name)):
            for _ in range(_TRIES):
                try:
                    self.system.invalidate_cache()
                    found = self.system.info(self.path(name))
                except FileNotFoundError:
                    # A bucket that is not there is told by the write.
                    return None
                generation = str(found["generation"])
                try:
                    # Of exactly this generation, or a write in between would go unseen.
                    _, data = self.system.call(
                        "GET", "b/{}/o/{}", bucket, key, alt="media", generation=generation
                    )
                except FileNotFoundError:
                    continue
                return Content(bytes(data), generation)
        raise ZooError(
            "a file of the zoo changes faster than it is read",
            code="zoo-busy",
            file=self.place(name),
        )

    def write(self, name: str, data: bytes, tag: str | None) -> bool:
        with told(self.place(name)), lost_is_false(_lost) as outcome:
            self._send(name, data, "application/json", tag or _NONE)
        return outcome.won

    def put(self, name: str, data: bytes) -> None:
        with told(self.place(name)):
            self._send(name, data, "application/octet-stream", None)

    def create(self, name: str, upload: Upload) -> bool:
        with (
            told(self.place(name)),
            lost_is_false(_lost) as outcome,
            upload.unchanged() as callback,
        ):
            self.system.put_file(
                str(upload.path),
                self.path(name),
                mode="create",
                content_type="application/zip",
                callback=callback,
            )
        return outcome.won

    def _send(self, name: str, data: bytes, kind: str, generation: str | None) -> None:
        bucket, key, _ = self.system.split_path(self.path(name))
        # Or a public bucket's readers see what was there an hour ago.
        about = json.dumps({"name": key, "contentType": kind, "cacheControl": "no-cache"})
        mark = "djlift-3f0c9a"
        body = (
            f"--{mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{about}\r\n"
            f"--{mark}\r\nContent-Type: {kind}\r\n\r\n"
        ).encode() + data
        condition = {} if generation is None else {"ifGenerationMatch": generation}
        self.system.call(
            "POST",
            f"{self.system._location}/upload/storage/v1/b/{quote(bucket)}/o",
            uploadType="multipart",
            headers={"Content-Type": f'multipart/related; boundary="{mark}"'},
            data=body + f"\r\n--{mark}--\r\n".encode(),
            json_out=True,
            **condition,
        )


def _lost(problem: Exception) -> bool:
    # gcsfs says it by FileExistsError, older ones by their own HttpError.
    return isinstance(problem, FileExistsError) or str(getattr(problem, "code", "")) == "412"
