"""Parity over architectures and tokenizers: every pair, on fewer texts than the long run (``make parity``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tools.architectures import matrix
from tools.architectures import page as architectures_page
from tools.architectures.rows import BATCHES, CUT, DOORS, STRIDES

from djlift.archive.container import opened
from djlift.archive.golden import Golden
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.errors import ArchiveError
from djlift.parity.verify import verify
from djlift.tasks.token_classification.task import TASK
from tests.support import mixed_texts, planted_faults, torch_threads
from tests.support.checkpoints import architectures
from tests.support.checkpoints.vocabularies import VOCABULARIES

SEED = 20
TEXTS = 64
PAGE = Path(__file__).parents[3] / "docs" / "architectures.md"
LEFT = "WordPiece, padded and cut on the left"


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with torch_threads.one_thread():
        yield


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive that holds."""
    folder = tmp_path_factory.mktemp("small")
    pair = ("BERT", "WordPiece, uncased")
    row = matrix.run(pair, mixed_texts.mixture(20, SEED), folder, SEED)
    assert row.holds, matrix.shown(row)
    return folder / "matrix-1.0.0-fp32.zip"


@pytest.mark.jvm
@pytest.mark.parametrize("pair", matrix.PAIRS, ids=" / ".join)
def test_a_pair_holds(pair: matrix.Pair, tmp_path: Path) -> None:
    """The levels, a document in windows, DJL's doors, batches: nothing differs, and there are entities."""
    chosen = mixed_texts.mixture(TEXTS, SEED, VOCABULARIES[pair[1]].inserted)
    row = matrix.run(pair, chosen, tmp_path, SEED, matrix.brief(pair))
    assert row.holds, f"seed {SEED}: {matrix.shown(row)}"
    assert row.entities >= 0.2
    if row.refused is None:
        # The vocabulary is another in each run; a text of which rounding decides a token is left out.
        assert TEXTS - 3 <= row.texts <= TEXTS
        assert row.strategies == 5
        assert row.tokens >= 3000
        asked = {check.name for check in row.checks}
        assert asked >= {CUT, *STRIDES[:2], DOORS, BATCHES}
        assert (STRIDES[2] in asked) == (pair in architectures.SHORT)


@pytest.mark.jvm
def test_a_fault_shows_in_its_row(small: Path, tmp_path: Path) -> None:
    """A row can fail: of an archive that lost its lower-casing it counts and names what differs."""
    broken = planted_faults.tampered(small, tmp_path / "broken.zip", planted_faults.case_kept)
    with opened(small) as found:
        golden = Golden.read(found.folder)
    row = matrix.judged(("BERT", "WordPiece, uncased"), golden, verify(broken), "2/2")
    assert not row.holds
    assert row.divergences > 10
    assert row.first is not None
    assert row.first.what in matrix.shown(row)


def test_a_refusal_that_nobody_expects_does_not_hold() -> None:
    """A pair that cannot be exported is named in REFUSED, or the run fails."""
    row = matrix.Row("BERT", "none", refused="RuntimeError: no such operator")
    assert not row.holds
    assert "no such operator" in matrix.shown(row)


def test_the_table_has_every_pair() -> None:
    """docs/architectures.md has a row for each pair of the matrix, in order."""
    page = PAGE.read_text(encoding="utf-8")
    assert tuple(architectures_page.pairs(page)) == matrix.PAIRS, (
        "make parity writes docs/architectures.md anew"
    )
    assert {name for name, _ in matrix.PAIRS} == set(architectures.ARCHITECTURES)
    assert {name for _, name in matrix.PAIRS} == set(VOCABULARIES)
    assert {name for name, _ in architectures.SHORT} == set(architectures.ARCHITECTURES)


def test_texts_come_of_their_seed() -> None:
    """The same seed gives the same texts, another one others; all ids are unique."""
    first = mixed_texts.mixture(200, 5, ("<x>",))
    assert first == mixed_texts.mixture(200, 5, ("<x>",))
    assert first != mixed_texts.mixture(200, 6, ("<x>",))
    assert len({text.id for text in first}) == len(first) == 200
    assert any("<x>" in text.text for text in first)


@pytest.mark.parametrize(("architecture", "side"), [("BERT", "right"), ("RoBERTa", "left")])
def test_padding_does_not_move_a_text(architecture: str, side: str, tmp_path: Path) -> None:
    """Padding on the left is kept where logits do not depend on it, else turned, with a remark."""
    architectures.write(architecture, LEFT, tmp_path, SEED)
    loaded = TASK.load(find(Recipe((str(tmp_path),))))
    assert loaded.tokenizer.padding_side == side
    assert any("pads on the left" in r for r in loaded.remarks) == (side == "right")


@pytest.mark.jvm
@pytest.mark.parametrize(
    ("part", "block", "named"),
    [
        ("pre_tokenizer", {"type": "OfTheFuture"}, "a pre-tokenizer"),
        ("normalizer", {"type": "OfTheFuture"}, "a normalizer"),
        ("post_processor", {"type": "OfTheFuture"}, "a post-processor"),
        ("decoder", {"type": "OfTheFuture"}, "the decoder 'OfTheFuture'"),
    ],
)
def test_a_part_newer_than_djl_is_refused(
    small: Path, tmp_path: Path, part: str, block: dict[str, Any], named: str
) -> None:
    """A part of tokenizer.json that DJL does not know: one error that names both versions."""
    target = planted_faults.tampered(small, tmp_path / "newer.zip", _with(part, block))
    with pytest.raises(ArchiveError) as refused:
        verify(target)
    error = refused.value
    assert error.exit_code == 2
    assert error.file == f"{target}: tokenizer.json"
    assert named in (error.found or "")
    with opened(small) as found:
        assert f"tokenizers {found.manifest.tools['tokenizers']}" in (error.found or "")
    assert part == "decoder" or "tokenizers 0.21.4, the library in DJL 0.38.0" in (
        error.expected or ""
    )


def _with(part: str, block: dict[str, Any]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        file = folder / "tokenizer.json"
        data = json.loads(file.read_text(encoding="utf-8"))
        data[part] = block
        file.write_text(json.dumps(data), encoding="utf-8")

    return edit
