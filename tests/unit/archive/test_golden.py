"""The golden files: what is written is what is read, and what is damaged is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from djlift.archive.golden import CASES, LOGITS, PADDING, Case, Entity, Golden, PaddedBatch
from djlift.archive.windows import PLAIN, Window
from djlift.errors import ArchiveError
from tests.support.builders import a_case, a_golden, an_entity

Edit = Callable[[dict[str, Any]], object]


def same_window(one: Window, other: Window) -> bool:
    """Whether two windows hold the same numbers of the same kind."""
    return all(
        f.name == "rows"
        or (
            np.array_equal(getattr(one, f.name), getattr(other, f.name))
            and getattr(one, f.name).dtype == getattr(other, f.name).dtype
        )
        for f in fields(Window)
    )


def edit_first_case(folder: Path, edit: Edit) -> None:
    """Change the first line of cases.jsonl."""
    file = folder / CASES
    first, *rest = file.read_text(encoding="utf-8").splitlines()
    case = json.loads(first)
    edit(case)
    file.write_text("\n".join([json.dumps(case), *rest]) + "\n", encoding="utf-8")


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The golden files of two cases in a folder."""
    a_golden().write(tmp_path)
    return tmp_path


def refused(folder: Path, name: str) -> ArchiveError:
    """Reading the folder fails with an archive error that names the file."""
    with pytest.raises(ArchiveError) as raised:
        Golden.read(folder)
    assert raised.value.file == name
    return raised.value


def test_round_trip(written: Path) -> None:
    """Golden cases that are written and read again are the same, to the bit."""
    golden, found = a_golden(), Golden.read(written)
    assert found.padding == golden.padding
    assert len(found.cases) == len(golden.cases)
    for one, other in zip(golden.cases, found.cases, strict=True):
        assert replace(one, windows={}) == replace(other, windows={})
        assert one.windows.keys() == other.windows.keys()
        for stride, windows in one.windows.items():
            assert all(map(same_window, windows, other.windows[stride]))


def test_any_text_survives(tmp_path: Path) -> None:
    """Every text survives the trip: line separators, quotes, emoji, a NUL, nothing at all."""
    texts = ["a\u2028b\r\nc\x85d\x0b", '"\\', "🇨🇭🎉", "\0", "", "\ufeff", "e\u0301"]
    cases = [replace(a_case(f"odd-{n}"), text=text) for n, text in enumerate(texts)]
    Golden(tuple(cases), PaddedBatch((), {})).write(tmp_path)
    assert [c.text for c in Golden.read(tmp_path).cases] == texts


def test_scores_survive(tmp_path: Path) -> None:
    """A float32 score comes back as the same float32."""
    scores = np.random.default_rng(7).random(200, dtype=np.float32)
    entities = tuple(an_entity(score=float(s)) for s in scores)
    case = replace(a_case(), outputs={"simple": entities})
    Golden((case,), PaddedBatch((), {})).write(tmp_path)
    (found,) = Golden.read(tmp_path).cases
    assert [np.float32(e.score) for e in found.outputs["simple"]] == list(scores)


def test_bytes_are_deterministic(tmp_path: Path) -> None:
    """The same value gives the same bytes in all three files."""
    a_golden().write(tmp_path / "one")
    a_golden().write(tmp_path / "two")
    for name in (CASES, PADDING, LOGITS):
        one = (tmp_path / "one" / name).read_bytes()
        assert one == (tmp_path / "two" / name).read_bytes()
    assert b"\r" not in (tmp_path / "one" / CASES).read_bytes()


def test_layout_is_the_documented_one(written: Path) -> None:
    """Keys stand in the documented order; logits are named by case, stride and window."""
    first = json.loads((written / CASES).read_text(encoding="utf-8").splitlines()[0])
    assert list(first) == ["id", "group", "text", "windows", "outputs", "strides"]
    assert list(first["windows"][PLAIN][0]) == ["ids", "type_ids", "special", "offsets"]
    assert list(first["outputs"]["none"][0]) == ["label", "score", "word", "start", "end", "index"]
    assert "index" not in first["outputs"]["simple"][0]
    logits = load_file(written / LOGITS)
    assert {k for k in logits if k.startswith("news")} == {
        "news-001/plain/0",
        "news-001/2/0",
        "news-001/2/1",
    }
    assert logits["news-001/plain/0"].dtype == np.float32
    assert logits["news-001/plain/0"].shape == (5, 5)


def test_no_strides_no_key(tmp_path: Path) -> None:
    """``strides`` is absent for a text that was recorded in one window only."""
    case = replace(a_case(), strides={})
    Golden((case,), PaddedBatch((), {})).write(tmp_path)
    assert "strides" not in json.loads((tmp_path / CASES).read_text(encoding="utf-8"))
    assert Golden.read(tmp_path).cases[0].strides == {}


def test_logit_range() -> None:
    """The range spans the plain windows of all cases, and is zero where there is none."""

    def case(name: str, *values: float) -> Case:
        window = replace(a_case().windows[PLAIN][0], logits=np.asarray([values], dtype=np.float32))
        far = replace(window, logits=np.asarray([[1e6]], dtype=np.float32))
        return replace(a_case(name), windows={PLAIN: (window,), "2": (far,)})

    batch = PaddedBatch((), {})
    assert Golden((case("a", -3, 1), case("b", 2, 4.5)), batch).logit_range() == 7.5
    assert Golden((), batch).logit_range() == 0.0


def test_logit_range_without_windows() -> None:
    """A text of which no tokens were recorded does not stop the others from being measured."""
    bare = Case("more-000001", "more", "Anna", {}, {})
    golden = a_golden()
    extended = replace(golden, cases=(*golden.cases, bare))
    assert extended.logit_range() == golden.logit_range()


def test_entity_from_dict() -> None:
    """An entity is read from its JSON form; a null score, which is not a number, stays none."""
    data = {"label": "PER", "score": None, "word": "anna", "start": 0, "end": 4}
    assert np.isnan(Entity.from_dict(data).score)
    assert Entity.from_dict(data | {"score": 0.5, "index": 3}).index == 3
    with pytest.raises(KeyError):
        Entity.from_dict({"label": "PER"})


def test_identity_is_all_but_the_score() -> None:
    """Two entities are the same one exactly when all but their scores is equal."""
    one = an_entity(index=1)
    assert one.identity == replace(one, score=0.1).identity
    for change in ({"label": "LOC"}, {"start": 1}, {"end": 5}, {"word": "Anna"}, {"index": 2}):
        assert one.identity != replace(one, **change).identity


@pytest.mark.parametrize("name", [CASES, PADDING, LOGITS])
def test_missing_file(written: Path, name: str) -> None:
    """A golden file that is absent is named."""
    (written / name).unlink()
    refused(written, name)


@pytest.mark.parametrize("name", [CASES, PADDING, LOGITS])
def test_not_text_not_tensors(written: Path, name: str) -> None:
    """A golden file of other bytes is named."""
    (written / name).write_bytes(b"\xff\xfe\xfd" * 40)
    refused(written, name)


def test_cut_logits(written: Path) -> None:
    """Logits cut anywhere are named, with the reason."""
    whole = (written / LOGITS).read_bytes()
    for length in (0, 4, 8, 100, len(whole) - 1):
        (written / LOGITS).write_bytes(whole[:length])
        assert refused(written, LOGITS).found


def test_cut_cases(written: Path) -> None:
    """A line that ends early is named."""
    whole = (written / CASES).read_bytes()
    (written / CASES).write_bytes(whole[: len(whole) // 3])
    refused(written, CASES)


def test_missing_logits(written: Path) -> None:
    """Logits that lack a window of a case are named with that window."""
    logits = load_file(written / LOGITS)
    del logits["social-001/2/1"]
    save_file(logits, written / LOGITS)
    assert "social-001/2/1" in str(refused(written, CASES).found)


EDITS: dict[str, Edit] = {
    "no id": lambda c: c.pop("id"),
    "no text": lambda c: c.pop("text"),
    "no windows": lambda c: c.pop("windows"),
    "no outputs": lambda c: c.pop("outputs"),
    "windows are a list": lambda c: c.update(windows=[1]),
    "outputs are null": lambda c: c.update(outputs=None),
    "a window is null": lambda c: c["windows"].update(plain=[None]),
    "no offsets": lambda c: c["windows"][PLAIN][0].pop("offsets"),
    "odd offsets": lambda c: c["windows"][PLAIN][0].update(offsets=[[0], [1, 2]]),
    "ids are words": lambda c: c["windows"][PLAIN][0].update(ids=["a"] * 5),
    "an id past 64 bits": lambda c: c["windows"][PLAIN][0].update(ids=[10**30] * 5),
    "ids nested": lambda c: c["windows"][PLAIN][0].update(ids=[[1, 2]] * 5),
    "fewer ids than logits": lambda c: c["windows"][PLAIN][0].update(ids=[1]),
    "fewer offsets than ids": lambda c: c["windows"][PLAIN][0].update(offsets=[[0, 0]]),
    "fewer marks of special tokens": lambda c: c["windows"][PLAIN][0].update(special=[1]),
    "an entity without label": lambda c: c["outputs"]["simple"][0].pop("label"),
    "a score of words": lambda c: c["outputs"]["simple"][0].update(score="high"),
    "an end at infinity": lambda c: c["outputs"]["simple"][0].update(end=float("inf")),
}


@pytest.mark.parametrize("name", EDITS)
def test_damaged_case(written: Path, name: str) -> None:
    """A case with a field that is absent, of another kind or of another length is refused."""
    edit_first_case(written, EDITS[name])
    refused(written, CASES)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"cases": 1}', '{"cases": [], "input_ids": 1}', "[" * 100_000],
)
def test_damaged_padding(written: Path, text: str) -> None:
    """A padded batch that is not of the documented form is refused."""
    (written / PADDING).write_text(text, encoding="utf-8")
    refused(written, PADDING)


def test_ragged_padding(written: Path) -> None:
    """Rows of different lengths are no padded batch."""
    data = json.loads((written / PADDING).read_text(encoding="utf-8"))
    data["input_ids"][0].append(0)
    (written / PADDING).write_text(json.dumps(data), encoding="utf-8")
    refused(written, PADDING)


def test_no_case_proves_nothing(written: Path) -> None:
    """Golden files without a single case are refused: nothing would be compared."""
    (written / CASES).write_bytes(b"")
    refused(written, CASES)
