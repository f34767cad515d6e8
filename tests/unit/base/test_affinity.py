"""How many threads may be asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.base import affinity
from djlift.bench.calibrate import calibrate
from djlift.bench.measure import bench
from djlift.errors import UsageError


@pytest.mark.parametrize("threads", [0, -1, 1025, 1500, 10**9])
def test_a_number_of_threads_that_ends_the_jvm_is_refused_first(
    threads: int, tmp_path: Path
) -> None:
    """Before anything is read: neither the archive nor the texts are there."""
    absent = tmp_path / "absent"
    with pytest.raises(UsageError) as benched:
        bench(absent, absent, threads=threads)
    with pytest.raises(UsageError) as calibrated:
        calibrate(absent, absent, tmp_path / "calibration.json", threads=threads)
    assert {benched.value.code, calibrated.value.code} == {"threads-number"}
    assert not list(tmp_path.iterdir())


def test_numbers_that_can_be_are_taken() -> None:
    for threads in (None, 1, 1024):
        affinity.check(threads)
