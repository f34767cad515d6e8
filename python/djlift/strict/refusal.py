"""Why an archive is refused: a code for each reason, the same in Java (``org.djlift.archive.Refusal``)."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """The codes; ``docs/archive.md`` says what each means.

    ``ALTERED`` is the one that both readers may meet in an archive of ours: a file is not what the manifest
    says. In Python it is a :class:`djlift.archive.container.Problem`, since level 0 of the proof reports it.
    """

    ABSENT = "absent"
    NOT_A_ZIP = "not-a-zip"
    ZIP_LAYOUT = "zip-layout"
    ENTRY_NAME = "entry-name"
    ENTRY_TWICE = "entry-twice"
    ENTRY_KIND = "entry-kind"
    CODE = "code"
    TOO_LARGE = "too-large"
    NO_MANIFEST = "no-manifest"
    MANIFEST = "manifest"
    NEWER_FORMAT = "newer-format"
    ALTERED = "altered"
    GRAPH = "graph"
    GRAPH_FILE = "graph-file"
    GRAPH_OPERATOR = "graph-operator"
    GRAPH_SIZE = "graph-size"
    JSON = "json"
    CONFIG = "config"
    TOKENIZER = "tokenizer"
    SETTINGS = "settings"
    GOLDEN = "golden"
