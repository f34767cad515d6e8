"""Every error a user can meet.

Each says what was expected, what was found, in which file, and what to run next. The command line
turns the family into exit code 2 in one place (:func:`djlift.cli.main.main`); :class:`NotProven` is the
one that means "it ran, and it is not right", exit code 1.

Each has a code that stays when its words change: scripts and tests hold the code. ``docs/errors.md``
lists them all.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

_LEAST = 3
"""Letters of a part of a word that may stand for the whole."""


class DjliftError(Exception):
    """Something that cannot be used or is missing.

    Args:
        what: One sentence that names the problem.
        code: What scripts may rely on, in kebab case; one code per reason, whatever the words.
        file: The file or folder at fault.
        expected: What would have been right.
        found: What was there instead.
        mend: What to run or change next.
    """

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        code: str,
        file: Path | str | None = None,
        expected: str | None = None,
        found: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.what = what
        self.code = str(code)
        self.file = str(file) if file is not None else None
        self.expected = expected
        self.found = found
        self.mend = mend
        super().__init__(self.text())

    def text(self) -> str:
        """The error as a person reads it: one fact a line."""
        lines = [self.what]
        for name in ("file", "expected", "found", "mend", "code"):
            value = getattr(self, name)
            if value:
                lines.append(f"  {name + ':':<10}{value}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, str]:
        """The error as data, for ``--json``; absent facts are left out."""
        facts = {
            "error": type(self).__name__,
            "code": self.code,
            "what": self.what,
            "file": self.file,
            "expected": self.expected,
            "found": self.found,
            "mend": self.mend,
        }
        return {key: value for key, value in facts.items() if value}


class UsageError(DjliftError):
    """The command line or the recipe asks for something that cannot be."""


class SourceError(DjliftError):
    """The checkpoint cannot be found, read or used."""


class ExportError(DjliftError):
    """The checkpoint cannot be turned into an ONNX graph."""


class ArchiveError(DjliftError):
    """An archive cannot be used: not a zip, not one of ours, hostile, or newer than this program.

    ``code`` is one of :class:`djlift.strict.refusal.Refusal` where both readers refuse it: the JVM gives the
    same one.
    """


class SignatureError(DjliftError):
    """An archive is not signed by the trusted key as it stands, or a key cannot be used.

    ``code`` says which rule was broken, as ``org.djlift`` names it too; docs/trust.md lists them.
    """


class ZooError(DjliftError):
    """The zoo folder cannot be read or written, or already holds another archive of that name."""


class TextsError(DjliftError):
    """A file of texts cannot be read."""


class MissingExtra(DjliftError):
    """A Python package is missing that one of the extras brings."""


class JvmError(DjliftError):
    """No usable Java, no jars, or the JVM refused."""


class DeviceError(DjliftError):
    """The GPU that was asked for is not there, or something would not run on it."""


class MachineError(DjliftError):
    """The system refused: a full disk, a read-only file system, a place that one may not use."""


class InternalError(DjliftError):
    """Nobody expected it: a fault of djlift's own, or of a library where djlift does not know it."""


class NotProven(DjliftError):
    """It ran to the end and is not right: parity, or a gate, failed."""

    exit_code = 1


def not_listed(
    what: str,
    code: str,
    found: str,
    known: Iterable[str],
    *,
    kind: type[DjliftError] = UsageError,
    also: Mapping[str, str] = MappingProxyType({}),
    file: Path | str | None = None,
    expected: str | None = None,
    mend: str | None = None,
) -> DjliftError:
    """Make the error of a value that is none of a closed set: every such set is refused by this.

    Args:
        found: The value.
        known: The set.
        also: Other words, and the value that each of them means.
        expected: The set in words, where it is not just a list.
        mend: What to do where nothing in the set is near.
    """
    listed = tuple(known)
    return kind(
        what,
        code=code,
        file=file,
        expected=expected or ", ".join(listed),
        found=found,
        mend=nearest(found, listed, also) or mend,
    )


def nearest(
    word: str, known: Iterable[str], also: Mapping[str, str] = MappingProxyType({})
) -> str | None:
    """A mend that names the word that was meant; None where none is near."""
    by_form = {_form(one): one for one in known} | {_form(k): v for k, v in also.items()}
    form = _form(word)
    close = difflib.get_close_matches(form, by_form, 1)
    if not close and len(form) >= _LEAST:
        # A part stands for the whole where it is a part of one alone.
        close = [one for one in by_form if form in one]
    meant = {by_form[one] for one in close}
    return f"did you mean '{meant.pop()}'?" if len(meant) == 1 else None


def _form(word: str) -> str:
    """A word without what people write in more than one way."""
    return re.sub(r"[\W_]+", "", word.lower())


_REMEDIES = {
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "choose another place: a part of the path is a file",
    errno.EISDIR: "choose another name: that is a folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOSPC: "free some space there, or choose another folder",
    errno.EDQUOT: "free some space there, your quota is used up; or choose another folder",
    errno.EROFS: "choose another folder: that file system is read-only",
    errno.EACCES: "change the permissions there, or choose another folder",
    errno.EPERM: "change the permissions there, or choose another folder",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENOMEM: "free some memory",
}


def remedy(cause: OSError) -> str:
    """What to do about what the system refused, by its number."""
    return _REMEDIES.get(cause.errno or 0, "choose another folder")


def install(extra: str) -> str:
    """The command that brings an extra: of the clone, or the wheel, that djlift was installed from.

    djlift is on no package index: its bare name would install nothing, or a stranger's package.
    """
    import importlib.metadata
    import json
    import urllib.parse
    import urllib.request

    with contextlib.suppress(importlib.metadata.PackageNotFoundError, ValueError, TypeError):
        stated = json.loads(
            importlib.metadata.distribution("djlift").read_text("direct_url.json") or "{}"
        )
        address = urllib.parse.urlsplit(str(stated.get("url", "")))
        place = Path(urllib.request.url2pathname(address.path))
        if address.scheme == "file" and place.exists():
            editable = stated.get("dir_info", {}).get("editable")
            return f"pip install {'-e ' if editable else ''}'{place}[{extra}]'"
    return f"pip install 'PATH[{extra}]', where PATH is djlift's clone or wheel (djlift-*.whl)"


def require(module: str, extra: str, purpose: str) -> None:
    """Raise :class:`MissingExtra` with the exact pip command unless ``module`` can be imported."""
    import importlib.util

    if importlib.util.find_spec(module) is None:
        raise MissingExtra(
            f"{purpose} needs the Python package '{module}', which is not installed",
            code="missing-package",
            mend=install(extra),
        )
