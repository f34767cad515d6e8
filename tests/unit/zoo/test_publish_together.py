"""Publishers at once, in processes of their own: nothing is lost, and of two different archives one wins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.s3_server import BUCKET, objects, serving
from tests.support.zoos import (
    entries,
    files_of,
    processes,
    proven,
    publish_all,
    refuse_broken,
    without_probe,
)

PUBLISHERS = 8
VERSIONS = 25


def together(
    zoo: str, options: Mapping[str, Any] | None, shares: list[list[Path]]
) -> list[list[str]]:
    """A process for each share, all at once; gives what was refused to each."""
    context = processes()
    answers = context.Queue()
    running = [
        context.Process(target=publish_all, args=(zoo, options, share, answers)) for share in shares
    ]
    for process in running:
        process.start()
    refused = [answers.get(timeout=300) for _ in running]
    for process in running:
        process.join(60)
        assert process.exitcode == 0
    return refused


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> list[list[Path]]:
    """Archives of one model, a share of versions for each publisher."""
    folder = tmp_path_factory.mktemp("archives")
    return [
        [
            proven(folder / f"{p}-{v}.zip", version=f"{v}.{p}", text=f"{v}.{p}")
            for v in range(1, VERSIONS + 1)
        ]
        for p in range(PUBLISHERS)
    ]


def refuse_lost(files: Mapping[str, bytes], shares: list[list[Path]]) -> None:
    """Every version is listed and there, in order, and nothing else."""
    found = [version for _, version, _ in entries(files)]
    expected = [(v, p) for v in range(1, VERSIONS + 1) for p in range(PUBLISHERS)]
    assert found == [f"{v}.{p}" for v, p in sorted(expected, reverse=True)]
    refuse_broken(files, [archive for share in shares for archive in share])
    assert len(files) == PUBLISHERS * VERSIONS + 1


def test_nothing_is_lost_in_a_folder(tmp_path: Path, shares: list[list[Path]]) -> None:
    """Eight publishers write 25 versions of one model each: 200 entries."""
    refused = together(str(tmp_path / "zoo"), None, shares)
    assert refused == [[]] * PUBLISHERS
    refuse_lost(files_of(tmp_path / "zoo"), shares)


def test_nothing_is_lost_in_s3(tmp_path: Path, shares: list[list[Path]]) -> None:
    """The same without a lock, by conditional writes."""
    with serving() as options:
        refused = together(f"s3://{BUCKET}/{tmp_path.name}", options, shares)
        assert refused == [[]] * PUBLISHERS
        refuse_lost(without_probe(objects(options, tmp_path.name)), shares)


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_one_of_two_different_archives_wins(tmp_path: Path, kind: str) -> None:
    """Other bytes under one version, at once: one is published whole, the others are refused."""
    rivals = [proven(tmp_path / f"{n}.zip", text=f"rival {n}") for n in range(4)]
    if kind == "folder":
        refused = together(str(tmp_path / "zoo"), None, [[rival] for rival in rivals])
        files = files_of(tmp_path / "zoo")
    else:
        with serving() as options:
            refused = together(
                f"s3://{BUCKET}/{tmp_path.name}", options, [[rival] for rival in rivals]
            )
            files = without_probe(objects(options, tmp_path.name))
    assert sorted(map(len, refused)) == [0, 1, 1, 1]
    assert all("tiny-ner-1.0.0-fp32.zip" in problem for one in refused for problem in one)
    refuse_broken(files, rivals)
    assert entries(files) == [("tiny-ner", "1.0.0", "fp32")]


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_the_same_archive_at_once(tmp_path: Path, kind: str) -> None:
    """The same bytes from four publishers: all are content, the zoo has it once."""
    archive = proven(tmp_path / "a.zip")
    if kind == "folder":
        refused = together(str(tmp_path / "zoo"), None, [[archive]] * 4)
        files = files_of(tmp_path / "zoo")
    else:
        with serving() as options:
            refused = together(f"s3://{BUCKET}/{tmp_path.name}", options, [[archive]] * 4)
            files = without_probe(objects(options, tmp_path.name))
    assert refused == [[]] * 4
    refuse_broken(files, [archive])
    assert len(files) == 2
