"""A publisher that is killed anywhere leaves a whole zoo, and the next run ends what it began."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from djlift.zoo import placing, publish
from djlift.zoo.address import opened
from tests.support.s3_server import BUCKET, PART, objects, put, serving, uploads
from tests.support.zoos import (
    ended,
    entries,
    files_of,
    processes,
    proven,
    publish_killed,
    refuse_broken,
    small_parts,
    without_probe,
)

POINTS = 20
"""How many at least a run must be killed at."""


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, Any]]:
    """A server with an empty bucket."""
    with serving() as options:
        yield options


def plain(name: str) -> str:
    """A file's name without what is random in a partial's."""
    return re.sub(r"\.\w{8}\.partial$", ".partial", name.rpartition("/")[2])


def killed_everywhere(
    tmp_path: Path,
    options: dict[str, Any] | None,
    zoo_of: Callable[[int], str],
    look: Callable[[str], dict[str, bytes]],
    *,
    bulk: int = 0,
) -> tuple[int, set[str]]:
    """Publish a second version and a signature, killed at every step in turn; then run it again.

    Returns:
        The points that were tried, and the states that the kills left.
    """
    first = proven(tmp_path / "1.zip")
    second = proven(tmp_path / "2.zip", version="2.0.0", bulk=bulk)
    signature = b"a signature"
    examined = [publish.examine(first), publish.examine(second)]

    def whole(zoo: str) -> dict[str, bytes]:
        store = opened(zoo, options)
        if bulk:
            store = small_parts(store)
        store.prepare()
        placing.put(examined[1], store, signature=signature)
        return look(zoo)

    def begun(zoo: str) -> None:
        if isinstance(options, dict):
            put(options, zoo.removeprefix(f"s3://{BUCKET}/"), before)
        else:
            placing.put(examined[0], opened(zoo))

    first_store = opened(zoo_of(0), options)
    first_store.prepare()
    placing.put(examined[0], first_store)
    before = look(zoo_of(0))
    expected = whole(zoo_of(0))
    assert entries(expected) == [("tiny-ner", "2.0.0", "fp32"), ("tiny-ner", "1.0.0", "fp32")]
    states: set[str] = set()
    for at in range(1, 1000):
        zoo = zoo_of(at)
        begun(zoo)
        arguments = (zoo, options, second, signature, at, bool(bulk))
        with ended(processes().Process(target=publish_killed, args=arguments)) as code:
            if code == 0:
                break
            assert code == -9
        left = look(zoo)
        refuse_broken(left, (first, second))
        assert ("tiny-ner", "1.0.0", "fp32") in entries(left)
        states.add(" + ".join(sorted(plain(n) for n in left if "2.0.0" in n)) or "before")
        if len(entries(left)) == 2:
            states.add("listed")
        assert whole(zoo) == expected, f"after a kill at step {at}"
    print(f"{at - 1} points, states: {sorted(states)}")
    return at - 1, states


def test_in_a_folder(tmp_path: Path) -> None:
    """Killed before every open, rename and removal and in the middle of copying."""
    points, states = killed_everywhere(
        tmp_path,
        None,
        lambda at: str(tmp_path / "zoos" / str(at)),
        lambda zoo: files_of(Path(zoo)),
    )
    assert points >= POINTS
    assert {"before", "listed", "tiny-ner-2.0.0-fp32.zip"} <= states
    assert any(".partial" in state for state in states)


def test_in_s3(tmp_path: Path, s3: dict[str, Any]) -> None:
    """Killed before and after every request."""
    points, states = killed_everywhere(
        tmp_path,
        s3,
        lambda at: f"s3://{BUCKET}/{tmp_path.name}/{at}",
        lambda zoo: without_probe(objects(s3, zoo.removeprefix(f"s3://{BUCKET}/"))),
    )
    assert points >= POINTS
    assert {"before", "listed", "tiny-ner-2.0.0-fp32.zip"} <= states


def test_in_s3_in_parts(tmp_path: Path, s3: dict[str, Any]) -> None:
    """Killed before and after every part: what was uploaded so far is no object, and goes with the next run."""
    seen: list[str] = []

    def look(zoo: str) -> dict[str, bytes]:
        mine = zoo.removeprefix(f"s3://{BUCKET}/")
        seen.extend(k for k in uploads(s3) if k.startswith(mine + "/") and k.endswith(".zip"))
        return without_probe(objects(s3, mine))

    points, states = killed_everywhere(
        tmp_path, s3, lambda at: f"s3://{BUCKET}/{tmp_path.name}/{at}", look, bulk=2 * PART
    )
    assert points >= POINTS
    assert {"before", "listed", "tiny-ner-2.0.0-fp32.zip"} <= states
    assert seen, "no upload was cut short"
    mine = [key for key in uploads(s3) if key.startswith(f"{tmp_path.name}/")]
    assert not [key for key in mine if key.endswith(".zip")]
