"""The names of an archive's files: plain, relative, each once on every file system."""

from __future__ import annotations

import re

from djlift.strict.refusal import Refusal

PATH_LIMIT = 1024
_PART = re.compile(r"[A-Za-z0-9._+ -]{1,255}")
# Windows opens a device by these, whatever their suffix.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
# What a JVM, a Python, a shell or a loader would run, and archives within the archive.
_CODE = re.compile(
    r".*\.(jar|war|class|java|scala|kt|groovy|jsh|so([.][0-9.]+)?|dll|dylib|jnilib|py|pyc|pyd|pyz|pkl|pickle|pt|pth"
    r"|sh|bash|exe|bat|cmd|ps1|js|com|zip|tar|gz|tgz|bz2|xz|7z|zst|ort)"
)

PLAIN = "a plain relative name"
INSIDE = "a name inside the archive"
ONCE = "each name once, whatever its case"
NO_CODE = "no code and no archives within"

Wrong = tuple[Refusal, str]


class EntryNames:
    """The names so far; a name is judged after those before it."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def what_is_wrong(self, name: str) -> Wrong | None:
        """What a name must be and this one is not; None if it is well."""
        wrong = _alone(name)
        if wrong:
            return wrong
        folded = name.lower()
        if folded in self._files:
            return Refusal.ENTRY_TWICE, ONCE
        self._files.add(folded)
        above = [folded[:at] for at, c in enumerate(folded) if c == "/"]
        clash = folded in self._folders or not self._files.isdisjoint(above)
        self._folders.update(above)
        return (Refusal.ENTRY_TWICE, "no name that is a file and a folder") if clash else None


def _alone(name: str) -> Wrong | None:
    parts = name.split("/")
    if name.endswith("/") and len(parts) > 1 and parts[0]:
        return Refusal.ENTRY_KIND, "files only"
    if not name or len(name) > PATH_LIMIT:
        return Refusal.ENTRY_NAME, PLAIN
    if {"", ".", ".."} & set(parts):
        return Refusal.ENTRY_NAME, INSIDE
    for part in parts:
        # Windows drops dots and blanks at the end, so that two names become one.
        plain = _PART.fullmatch(part) and part[-1] not in ". " and part[0] != " "
        if not plain or _DEVICE.fullmatch(part.lower()):
            return Refusal.ENTRY_NAME, PLAIN
    top, last = parts[0].lower(), parts[-1].lower()
    # DJL compiles and loads what it finds in these folders.
    foreign = top in ("libs", "lib") or _CODE.fullmatch(last)
    graph = last.endswith(".onnx") and name != "model.onnx"
    return (Refusal.CODE, NO_CODE) if foreign or graph else None
