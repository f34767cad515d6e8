"""What the matrix asks beyond the levels can fail, and its rows become the page without a run."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tools.architectures import batches, djl_criteria, documents, matrix
from tools.architectures import page as architectures_page
from tools.architectures.both_sides import Built, built
from tools.architectures.rows import (
    BATCHES,
    CHECKS,
    CUT,
    DOORS,
    STRIDES,
    Check,
    Compared,
    Row,
    Run,
    counted,
)

from djlift.archive.golden import Entity
from djlift.jvm import process
from djlift.parity.result import Divergence
from djlift.tasks.token_classification.strategies import STRATEGIES
from djlift.texts.text import Text
from tests.support import mixed_texts, planted_faults, torch_threads
from tests.support.checkpoints import architectures

SEED = 20
_ADA = Entity("PER", 0.5, "ada", 2, 5)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with torch_threads.one_thread():
        yield


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A small archive, and the checkpoint it was made of."""
    folder = tmp_path_factory.mktemp("small")
    architectures.write("BERT", "WordPiece, uncased", folder / "checkpoint", SEED)
    found = built(folder / "checkpoint", mixed_texts.mixture(48, SEED), folder)
    assert isinstance(found, Built)
    return found


def _property(key: str, value: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        file = folder / "serving.properties"
        lines = file.read_text(encoding="ascii").splitlines()
        changed = [f"{key}={value}" if line.startswith(f"{key}=") else line for line in lines]
        assert changed != lines
        file.write_text("\n".join(changed) + "\n", encoding="ascii")

    return edit


def _padded_on_the_left(folder: Path) -> None:
    """BERT counts positions from the start of the row: padding in front of a text moves it."""
    file = folder / "tokenizer.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data["padding"]["direction"] = "Left"
    file.write_text(json.dumps(data), encoding="utf-8")


def _no_fault(folder: Path) -> None:
    assert folder.is_dir()


@pytest.mark.jvm
@pytest.mark.parametrize(
    ("fault", "holds"),
    [(_no_fault, True), (planted_faults.mask_ignored, False), (_padded_on_the_left, False)],
)
def test_a_text_that_hangs_on_its_company_is_seen(
    small: Built, tmp_path: Path, fault: Callable[[Path], None], holds: bool
) -> None:
    """Batches against single calls: padding that is read, or that moves a text, shows in the entities."""
    archive = planted_faults.tampered(small.archive, tmp_path / "batches.zip", fault)
    asked = [Text(c.id, c.group, c.text) for c in small.golden.cases]
    with process.start().load(archive) as classifier:
        compared = batches.compared(classifier, asked, ["simple"], SEED)
        check = counted(BATCHES, compared)
    assert check.holds == holds, check.first
    assert check.compared == 4 * len(asked)
    assert (check.first is None) == holds


@pytest.mark.jvm
@pytest.mark.parametrize(
    ("way", "fault"),
    [
        (djl_criteria.Way(djl_criteria.TEXT, djl_criteria.METADATA, "simple"), None),
        (djl_criteria.Way(djl_criteria.TEXTS, djl_criteria.PROPERTIES, "first"), None),
        (djl_criteria.Way(djl_criteria.SERVING, djl_criteria.METADATA, "none"), None),
        (
            djl_criteria.Way(djl_criteria.SERVING, djl_criteria.PROPERTIES, "max", windows=True),
            None,
        ),
        (
            djl_criteria.Way(djl_criteria.TEXT, djl_criteria.PROPERTIES, "simple"),
            _property(
                "translatorFactory",
                "ai.djl.huggingface.translator.TokenClassificationTranslatorFactory",
            ),
        ),
        (
            djl_criteria.Way(djl_criteria.SERVING, djl_criteria.METADATA, "simple"),
            planted_faults.label_renamed,
        ),
        (
            djl_criteria.Way(djl_criteria.TEXTS, djl_criteria.METADATA, "average"),
            planted_faults.case_kept,
        ),
    ],
)
def test_each_door_can_differ(
    small: Built,
    tmp_path: Path,
    way: djl_criteria.Way,
    fault: Callable[[Path], None] | None,
) -> None:
    """A door that gives other entities is seen: DJL's own translator, another label, other tokens."""
    archive = planted_faults.tampered(small.archive, tmp_path / "doors.zip", fault or _no_fault)
    cases = djl_criteria.chosen(small.golden.cases, 16)
    process.start()
    check = counted(DOORS, djl_criteria.compared(archive, tmp_path / "doors", cases, [way]))
    assert check.holds == (fault is None), check.first
    assert check.entities > 0
    assert check.compared == (len([c for c in cases if c.strides]) if way.windows else len(cases))
    assert fault is None or f"{way.door} by {way.finder}, {way.strategy}" in str(check.first)


@pytest.mark.jvm
@pytest.mark.parametrize(("limit", "stride"), [(None, 0), (None, 32), (None, None), ("48", 0)])
def test_windows_in_other_places_are_seen(
    small: Built, tmp_path: Path, limit: str | None, stride: int | None
) -> None:
    """A document is equal at both ends and between; cut into other windows, it is not."""
    edit = _no_fault if limit is None else _property("maxLength", limit)
    archive = planted_faults.tampered(small.archive, tmp_path / "documents.zip", edit)
    (document,) = _documents(small, 1)
    with process.start().load(archive) as classifier:
        compared = documents.compared(
            small.loaded, classifier, [document], ("none", "simple"), stride
        )
        check = counted("stride 0", compared)
    assert check.holds == (limit is None), check.first
    assert check.compared == 2


@pytest.mark.jvm
def test_what_transformers_refuses_is_refused(small: Built) -> None:
    """Single tokens with a stride, and a stride without room: no side answers."""
    (document,) = _documents(small, 1)
    with process.start().load(small.archive) as classifier:
        for stride, strategies in ((32, ["none"]), (128, STRATEGIES)):
            found = documents.compared(small.loaded, classifier, [document], strategies, stride)
            assert all(one.expected is None and one.found is None for one in found)


def test_documents_are_long_and_of_many_scripts(small: Built) -> None:
    """3,000 tokens at least, the same from the same seed; one document mixes scripts, one leaves Latin out."""
    mixed, scripts, news = _documents(small, 3)
    assert _documents(small, 3) == (mixed, scripts, news)
    for document in (mixed, scripts, news):
        assert documents.tokens(small.loaded, document.text) >= 3000
    assert len(_scripts(mixed)) >= 8
    assert len(_scripts(scripts) - {"LATIN"}) >= 5
    assert max(mixed.text) > "\uffff"
    assert "LATIN" in _scripts(news)


def test_a_document_that_rounding_decides_is_replaced(
    small: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the reference is undecided about is known from its logits; another document takes its place."""
    assert documents.decided(small.loaded, "Ada met Tom.", None)
    monkeypatch.setattr(documents, "DECIDED", 100.0)
    assert not documents.decided(small.loaded, "Ada met Tom.", None)
    (first,) = mixed_texts.documents(1, SEED, len, 3000)
    (other,) = mixed_texts.documents(1, SEED, len, 3000, lambda text: text != first.text)
    assert other.text != first.text
    assert len(other.text) >= 3000


def _documents(small: Built, count: int) -> tuple[Text, ...]:
    return mixed_texts.documents(
        count,
        SEED,
        lambda text: documents.tokens(small.loaded, text),
        documents.TOKENS,
    )


def _scripts(document: Text) -> set[str]:
    return {unicodedata.name(c, "?").split()[0] for c in document.text if c.isalpha()}


def test_the_doors_sample_has_windows_and_astral_characters(small: Built) -> None:
    """What tells most is in even a small sample."""
    cases = djl_criteria.chosen(small.golden.cases, 12)
    assert len(cases) == len({c.id for c in cases}) == 12
    assert any(c.strides for c in cases)
    assert any(max(c.text, default="") > "\uffff" for c in cases)
    assert not all(c.strides or max(c.text, default="") > "\uffff" for c in cases)


def test_the_long_run_uses_every_door_strategy_and_finder() -> None:
    """DJL's doors with all strategies, each by both finders; CI's few have all of them over the pairs."""
    every = {(way.door, way.strategy) for way in djl_criteria.WAYS if not way.windows}
    assert len(every) == len(djl_criteria.DOORS) * len(STRATEGIES)
    assert len({(way.door, way.finder) for way in djl_criteria.WAYS}) == 6
    briefs = [matrix.brief(pair) for pair in matrix.PAIRS]
    assert {way for effort in briefs for way in effort.ways} == set(djl_criteria.WAYS)
    assert all({w.door for w in effort.ways} == set(djl_criteria.DOORS) for effort in briefs)
    assert {s for effort in briefs for s in effort.read} == set(STRATEGIES)
    assert {s for effort in briefs for s in effort.batched} == set(STRATEGIES)


@pytest.mark.parametrize(
    ("expected", "found", "named"),
    [
        ([_ADA], [_ADA], None),
        ([_ADA], [replace(_ADA, score=0.50009)], None),
        (None, None, None),
        ([_ADA], [replace(_ADA, score=0.5002)], "score=0.5002"),
        ([_ADA], [replace(_ADA, score=float("nan"))], "nan"),
        ([_ADA], [replace(_ADA, label="ORG")], "ORG"),
        ([_ADA], [replace(_ADA, start=1)], "start=1"),
        ([_ADA], [replace(_ADA, end=6)], "end=6"),
        ([_ADA], [replace(_ADA, word="Ada")], "'Ada'"),
        ([_ADA], [replace(_ADA, index=1)], "index=1"),
        ([_ADA], [], "found None"),
        ([], [_ADA], "expected None"),
        ([_ADA], None, "found a refusal"),
        (None, [], "found 0 entities"),
    ],
)
def test_every_part_of_an_entity_counts(
    expected: Sequence[Entity] | None, found: Sequence[Entity] | None, named: str | None
) -> None:
    """Label, start, end, word and index exactly, the score within 1e-4, and what is refused."""
    difference = Compared("a text", expected, found).difference
    assert difference is None if named is None else named in str(difference)


def test_nothing_compared_does_not_hold() -> None:
    """A check without comparisons, or without a single entity, proves nothing."""
    assert not counted(CUT, []).holds
    assert not counted(CUT, [Compared("a text", [], [])]).holds
    assert counted(CUT, [Compared("a text", [_ADA], [_ADA])]).holds
    check = counted(CUT, [Compared("a text", [_ADA], []), Compared("b", [_ADA], [_ADA])])
    assert (check.compared, check.differing, check.entities) == (2, 1, 2)
    assert str(check.first).startswith("a text: entity 0")


def _rows() -> tuple[Row, ...]:
    checks = tuple(Check(name, 30, 0, 900) for name in CHECKS)
    held = Row("BERT", "WordPiece", 250, 5, 0, 0.9, 1e-5, "2/2", checks=checks, tokens=3010)
    first = Divergence("news-001", "news", "a text", "ids", "1", "2", 3)
    differs = replace(
        held, architecture="MPNet", divergences=1, first=first, checks=(*checks[:5], _broken())
    )
    return held, replace(held, architecture="ELECTRA", checks=()), differs


def _broken() -> Check:
    return Check(BATCHES, 1280, 2, 900, "a call of 64, simple, news-001: entity 0")


def test_rows_come_back_from_json(tmp_path: Path) -> None:
    """What --json keeps is the rows, all of them."""
    run = Run(7, _rows())
    run.write(tmp_path / "new" / "rows.json")
    assert Run.read(tmp_path / "new" / "rows.json") == run


def test_the_page_is_written_from_rows_without_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--from: both tables, and the same verdict as the run, with its seed."""
    Run(7, _rows()).write(tmp_path / "rows.json")
    arguments = ["--from", str(tmp_path / "rows.json"), "--out", str(tmp_path / "page.md")]
    assert matrix.main(arguments) == 1
    assert "1 of 3 pairs differ; again with --seed 7" in capsys.readouterr().err
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert [name for name, _ in architectures_page.pairs(page)] == ["BERT", "ELECTRA", "MPNet"]
    assert f"| BERT | WordPiece |{' 0 of 30 |' * 6}\n" in page
    assert f"| MPNet | WordPiece |{' 0 of 30 |' * 5} 2 of 1,280 |\n" in page
    assert page.count("| ELECTRA |") == 1
    assert "documents of 3,010 tokens and more" in page
    assert all(name in page for name in STRIDES)


def test_a_check_that_fails_shows_in_its_row() -> None:
    """A row does not hold when one check differs, and says where."""
    held, _, differs = _rows()
    assert held.holds
    assert not replace(held, checks=(_broken(),)).holds
    assert "batches: a call of 64, simple, news-001" in matrix.shown(differs)
    assert "batches 2 of 1280" in matrix.shown(differs)


def test_golden_is_what_the_doors_are_compared_with(small: Built) -> None:
    """The recorded outputs are the pipeline's: the same as a call of it, text by text."""
    for case in small.golden.cases[:4]:
        known = documents.expected(small.loaded, case.text, ["simple"], None)
        assert Compared(case.id, known["simple"], case.outputs["simple"]).difference is None
