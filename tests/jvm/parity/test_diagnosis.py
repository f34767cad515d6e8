"""Plain DJL's side, the reason of a divergence, and the search for new ones: on a real JVM."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from djlift.checkpoints.recipe import Recipe
from djlift.errors import UsageError
from djlift.parity.fuzz import fuzz
from djlift.parity.plain_djl import compare_stock
from djlift.parity.verify import verify
from djlift.texts.corpus import read_texts
from tests.jvm.conftest import RECIPE
from tests.support import planted_faults
from tests.support.command_line import djlift

pytestmark = pytest.mark.jvm
REFERENCE = Recipe.read(RECIPE)


@pytest.fixture(scope="session")
def planted_in(
    small: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[planted_faults.Edit], Path]:
    """Makes copies of the small archive with a fault."""
    folder = tmp_path_factory.mktemp("planted")
    return lambda fault: planted_faults.tampered(small, folder / f"{fault.__name__}.zip", fault)


def test_plain_djl_differs_where_words_and_astral_characters_are(small: Path) -> None:
    """first, average and max by the way words are cut, every strategy by UTF-16; nothing is thrown."""
    found = {s.name: s for s in compare_stock(small).strategies}
    assert list(found) == ["none", "simple", "first", "average", "max"]
    for name in ("none", "simple"):
        assert set(found[name].causes) == {"utf16"}
    for name in ("first", "average", "max"):
        assert found[name].causes["word cut"] > found[name].causes["utf16"] > 0
        assert found[name].share > 0.2
        assert "error" not in found[name].causes
        examples = found[name].examples
        assert {e.cause for e in examples} == set(found[name].causes)
        assert all(e.expected != e.found for e in examples)


def test_emoji_texts_of_the_users_differ_by_utf16(small: Path, tmp_path: Path) -> None:
    """Texts with a reference are compared in place of the golden cases."""
    texts = tmp_path / "texts.txt"
    texts.write_text("🎉 Angela Merkel in Berlin\nAngela Merkel in Berlin\n", encoding="utf-8")
    (none, *_) = compare_stock(small, texts=texts, reference=REFERENCE).strategies
    assert (none.texts, none.causes) == (2, {"utf16": 1})
    with pytest.raises(UsageError, match="--reference"):
        compare_stock(small, texts=texts)


def test_the_command_prints_the_comparison_and_exits_0(small: Path) -> None:
    """A comparison is no proof: it exits 0 when it ran."""
    run = djlift("verify", str(small), "--translator", "stock", "--json")
    assert run.returncode == 0, run.stderr
    assert len(json.loads(run.stdout)["strategies"]) == 5
    run = djlift("verify", str(small), "--translator", "stock", "--junit", "r.xml")
    assert run.returncode == 2
    assert "--junit" in run.stderr


def test_a_fault_is_shrunk_to_a_few_characters(
    planted_in: Callable[[planted_faults.Edit], Path],
) -> None:
    """Lower-casing switched off: one capital letter is enough to show it."""
    report = verify(planted_in(planted_faults.case_kept), reference=REFERENCE)
    reason = report.explanation
    assert reason is not None
    assert reason.level == 1
    assert reason.shrunk
    assert len(reason.text) <= 3
    assert reason.text.lower() != reason.text
    (row,) = [row for row in reason.rows if row.differs]
    assert row.expected is not None
    assert row.found is not None
    assert row.expected.token != row.found.token


def test_a_renamed_label_is_shrunk_at_level_3(
    planted_in: Callable[[planted_faults.Edit], Path],
) -> None:
    """Tokens and logits agree, the labels of both sides are shown."""
    reason = verify(planted_in(planted_faults.label_renamed), reference=REFERENCE).explanation
    assert reason is not None
    assert (reason.level, reason.shrunk) == (3, True)
    assert len(reason.text) < 20
    differing = [row for row in reason.rows if row.differs]
    assert differing
    for row in differing:
        assert row.expected is not None
        assert row.found is not None
        assert row.expected.label != row.found.label


def test_without_a_reference_the_golden_case_is_shown(
    planted_in: Callable[[planted_faults.Edit], Path],
) -> None:
    """Both sides token by token, and why it was not shrunk; nothing at all when parity holds."""
    for fault, why in (
        (planted_faults.case_kept, "tokenizer.json"),
        (planted_faults.label_renamed, "--reference"),
    ):
        report = verify(planted_in(fault))
        reason = report.explanation
        assert reason is not None
        assert not reason.shrunk
        assert why in reason.note
        assert any(row.differs for row in reason.rows)
        json.dumps(report.to_dict(), allow_nan=False)


def test_a_golden_case_that_the_reference_does_not_give_is_said_to_be_one(
    planted_in: Callable[[planted_faults.Edit], Path],
) -> None:
    """An edited logit: recorded again, the text does not diverge."""
    reason = verify(planted_in(planted_faults.golden_logit_edited), reference=REFERENCE).explanation
    assert reason is not None
    assert (reason.level, reason.shrunk) == (2, False)
    assert "recorded again" in reason.note
    assert max(row.logits or 0 for row in reason.rows) == pytest.approx(1, abs=1e-3)


def test_a_search_on_a_good_archive_finds_nothing(small: Path) -> None:
    """And says what it tried, with which seed."""
    report = fuzz(small, 10, seed=5, reference=REFERENCE)
    assert report.holds, report.found
    assert report.texts > 0
    assert report.seed == 5
    assert report.scope == "tokens, logits and outputs"


def test_a_search_finds_a_planted_fault_and_keeps_it(
    planted_in: Callable[[planted_faults.Edit], Path], tmp_path: Path
) -> None:
    """What is found is short, and verify --texts reads it and sees it."""
    archive, kept = planted_in(planted_faults.case_kept), tmp_path / "found.jsonl"
    report = fuzz(archive, 1, seed=5, reference=REFERENCE, keep=kept)
    assert not report.holds
    assert min(len(found.text) for found in report.found) <= 3
    assert [t.text for t in read_texts(kept)] == [found.text for found in report.found]
    json.dumps(report.to_dict(), allow_nan=False)


def test_the_reports_of_ci_hold_the_table(
    planted_in: Callable[[planted_faults.Edit], Path], tmp_path: Path
) -> None:
    """A planted fault, token by token, in the JUnit failure and on the page."""
    junit, html = tmp_path / "report.xml", tmp_path / "report.html"
    archive = str(planted_in(planted_faults.case_kept))
    run = djlift("verify", archive, "--junit", str(junit), "--html", str(html))
    assert run.returncode == 1, run.stderr
    told = [f.text or "" for f in ElementTree.parse(junit).getroot().iter("failure")]
    (text,) = [t for t in told if "position" in t]
    assert "→ [UNK]" in text
    assert "not shrunk" in text
    page = html.read_text(encoding="utf-8")
    assert "The reason" in page
    assert "→ <bdi>[UNK]</bdi>" in page


def test_the_command_searches_tokens_without_a_reference(small: Path) -> None:
    """It says so, draws and prints a seed, and exits 0 when nothing diverged."""
    run = djlift("verify", str(small), "--fuzz", "2s")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "nothing diverged" in run.stdout
    assert "seed " in run.stdout
    assert "tokens alone were compared" in run.stdout
    run = djlift("verify", str(small), "--fuzz", "soon")
    assert run.returncode == 2
    assert "30s, 5m or 1h" in run.stderr
