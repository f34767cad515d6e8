"""It can fail: every fault that is planted is caught, and the right level is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from djlift.archive.container import opened
from djlift.errors import ArchiveError, DjliftError
from djlift.parity.levels import neighbours
from djlift.parity.verify import verify
from tests.support import planted_faults

pytestmark = pytest.mark.jvm

FAULTS = [
    (planted_faults.one_weight_changed, 2),
    (planted_faults.inputs_swapped, 2),
    (planted_faults.mask_ignored, 2),
    (planted_faults.types_dropped, 1),
    (planted_faults.other_vocabulary, 1),
    (planted_faults.case_kept, 1),
    (planted_faults.label_renamed, 3),
    (planted_faults.pad_id_changed, 1),
    (planted_faults.limit_halved, 1),
    (planted_faults.golden_id_edited, 1),
    (planted_faults.golden_logit_edited, 2),
    (planted_faults.golden_entity_edited, 3),
]


def test_without_a_fault_parity_holds(small: Path, small16: Path) -> None:
    """What the faults are planted in is sound, and long enough to matter."""
    for archive in (small, small16):
        report = verify(archive)
        assert report.holds
        assert report.levels[3].compared >= 60


@pytest.mark.parametrize(("fault", "level"), FAULTS, ids=[f.__name__ for f, _ in FAULTS])
def test_a_planted_fault_breaks_its_level(
    small: Path, tmp_path: Path, fault: planted_faults.Edit, level: int
) -> None:
    """The report names the first level that broke, the text, and both sides."""
    report = verify(planted_faults.tampered(small, tmp_path / "tampered.zip", fault))
    assert not report.holds
    broken = report.first_broken
    assert broken is not None
    assert broken.level == level, broken.summary
    assert broken.first is not None
    assert broken.first.expected != broken.first.found
    assert broken.first.text


@pytest.mark.parametrize(
    "fault",
    [planted_faults.one_weight_changed_much, planted_faults.inputs_swapped],
    ids=lambda f: f.__name__,
)
def test_fp16_is_no_cover_for_a_fault(
    small16: Path, tmp_path: Path, fault: planted_faults.Edit
) -> None:
    """A matrix off by 5 % and swapped inputs break level 2 in fp16 too."""
    report = verify(planted_faults.tampered(small16, tmp_path / "tampered.zip", fault))
    assert report.first_broken is not None
    assert report.first_broken.level == 2


def test_an_ignored_mask_breaks_invariance_too(small: Path, tmp_path: Path) -> None:
    """Level 5 sees by itself that padding is read as text."""
    report = verify(
        planted_faults.tampered(small, tmp_path / "tampered.zip", planted_faults.mask_ignored)
    )
    (level,) = [found for found in report.levels if found.level == 5]
    assert level.status == "fail"
    assert level.first is not None
    assert "padding" in level.first.what or "alone" in level.first.what


@pytest.mark.parametrize("token", [None, "[MASK]"])
def test_a_graph_that_looks_at_other_rows_breaks_invariance(
    small: Path, tmp_path: Path, token: str | None
) -> None:
    """Where no golden case has a written-out special token, level 5's own texts have."""

    def plant(folder: Path) -> None:
        planted_faults.plain_texts_alone(folder)
        planted_faults.pooled_across_rows(folder, token)

    report = verify(planted_faults.tampered(small, tmp_path / "tampered.zip", plant))
    broken = report.first_broken
    assert broken is not None and broken.first is not None
    assert broken.level == 5, broken.summary
    assert neighbours.BESIDE in broken.first.what if token else "beside" in broken.first.what


def test_a_flipped_byte_in_any_file_is_seen(small: Path, tmp_path: Path) -> None:
    """One byte, in every file in turn: level 0 breaks and names the file, or the archive is refused."""
    with zipfile.ZipFile(small) as source:
        names = source.namelist()
        contents = {n: source.read(n) for n in names}
    for name in names:
        data = contents[name]
        at = len(data) // 2
        flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        target = tmp_path / "flipped.zip"
        with zipfile.ZipFile(target, "w") as out:
            for other in names:
                out.writestr(other, flipped if other == name else contents[other])
        try:
            with opened(target) as found:
                assert [p.file for p in found.problems] == [name]
        except ArchiveError as refused:
            assert name == "djlift.json", refused


def test_a_broken_level_0_runs_nothing(small: Path, tmp_path: Path) -> None:
    """When the files are not what was packed, the later levels are skipped and parity does not hold."""
    target = tmp_path / "extra.zip"
    target.write_bytes(small.read_bytes())
    with zipfile.ZipFile(target, "a") as out:
        out.writestr("extra.txt", "not in the manifest")
    report = verify(target)
    assert report.first_broken is not None
    assert report.first_broken.level == 0
    assert [level.status for level in report.levels[1:]] == ["skipped"] * 4


def test_a_truncated_archive_is_refused(small: Path, tmp_path: Path) -> None:
    """An archive cut anywhere is exit code 2 and names the file."""
    data = small.read_bytes()
    for share in (0.0, 0.1, 0.5, 0.999):
        target = tmp_path / "cut.zip"
        target.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(DjliftError) as refused:
            verify(target)
        assert refused.value.exit_code == 2
        assert "cut.zip" in str(refused.value)
