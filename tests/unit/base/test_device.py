"""Names of devices."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.base.device import Device, named
from djlift.errors import UsageError
from djlift.parity.verify import verify


@pytest.mark.parametrize(
    ("name", "device", "djl"),
    [("cpu", Device(), "cpu"), ("cuda", Device(0), "gpu0"), ("cuda:3", Device(3), "gpu3")],
)
def test_names(name: str, device: Device, djl: str) -> None:
    """The user's name, djlift's value, DJL's name."""
    assert named(name) == device
    assert device.djl == djl
    assert named(str(device)) == device


@pytest.mark.parametrize("name", ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "mps", "CPU"])
def test_other_names_are_refused(name: str, tmp_path: Path) -> None:
    """DJL would take them for the CPU; nothing is opened before."""
    with pytest.raises(UsageError, match="device is not known"):
        verify(tmp_path / "absent.zip", device=name)
