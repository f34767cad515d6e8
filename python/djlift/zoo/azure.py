"""A zoo in Azure Blob Storage: every write names the ETag that it replaces (``If-Match``)."""

from __future__ import annotations

from typing import Any

from djlift.zoo.objects import Objects, lost_is_false, told
from djlift.zoo.store import Content, Upload


class Abfs(Objects):
    """A prefix of a container, through adlfs."""

    def prepare(self) -> None:
        self.try_conditions('"0x0000000000000000"')

    def read(self, name: str) -> Content | None:
        with told(self.place(name)):
            try:
                self.system.invalidate_cache()
                # The tag first: bytes that are newer than it make the write fail, never the other way round.
                tag = str(self.system.info(self.path(name))["etag"])
                data = bytes(self.system.cat_file(self.path(name)))
            except FileNotFoundError:
                return None
        return Content(data, tag)

    def write(self, name: str, data: bytes, tag: str | None) -> bool:
        from azure.core import MatchConditions

        condition: dict[str, Any] = (
            {"mode": "create"}
            if tag is None
            else {"etag": tag, "match_condition": MatchConditions.IfNotModified}
        )
        with told(self.place(name)), lost_is_false(_lost) as outcome:
            self.system.pipe_file(self.path(name), data, **condition)
        return outcome.won

    def put(self, name: str, data: bytes) -> None:
        with told(self.place(name)):
            self.system.pipe_file(self.path(name), data)

    def create(self, name: str, upload: Upload) -> bool:
        with (
            told(self.place(name)),
            lost_is_false(_lost) as outcome,
            upload.unchanged() as callback,
        ):
            self.system.put_file(
                str(upload.path), self.path(name), mode="create", callback=callback
            )
        return outcome.won


def _lost(problem: Exception) -> bool:
    status = getattr(problem, "status_code", None)
    return isinstance(problem, FileExistsError) or status in (409, 412)
