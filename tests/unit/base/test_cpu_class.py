"""The class of a CPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.base import cpu_class


@pytest.mark.parametrize(
    ("features", "name"),
    [
        ({"avx2", "avx512bw", "avx512_vnni"}, "vnni"),
        ({"avx2", "avx_vnni"}, "vnni"),
        ({"avx2", "avx512bw"}, "avx512"),
        ({"avx2", "sse2"}, "avx2"),
        ({"asimd"}, "neon"),
        ({"sse2"}, "other"),
        (set(), "other"),
    ],
)
def test_classes(features: set[str], name: str) -> None:
    """The best that the features allow."""
    assert cpu_class.classified(features) == name


def test_this_machine_has_one() -> None:
    """Whatever runs the tests is of a known class."""
    assert cpu_class.here() in cpu_class.CLASSES


def test_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flags of the first processor, on x86 and on Arm; nothing where there is no such file."""
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(cpu_class, "_CPUINFO", file)
    monkeypatch.setattr(cpu_class.platform, "system", lambda: "Linux")
    monkeypatch.setattr(cpu_class.platform, "machine", lambda: "x86_64")
    assert cpu_class.here() == "other"
    file.write_text("processor\t: 0\nmodel name\t: vnni\nflags\t\t: fpu avx2 avx512_vnni\n")
    assert cpu_class.here() == "vnni"
    file.write_text("processor\t: 0\nflags\t\t: fpu avx2\n\nflags\t\t: avx512_vnni\n")
    assert cpu_class.here() == "avx2"
    monkeypatch.setattr(cpu_class.platform, "machine", lambda: "aarch64")
    file.write_text("Features\t: fp asimd\n")
    assert cpu_class.here() == "neon"


def test_remark() -> None:
    """Another class, or none in the manifest, is said; the same is not."""
    assert cpu_class.remark("avx2", "avx2") is None
    assert "(vnni)" in (cpu_class.remark("vnni", "avx2") or "")
    assert "does not name" in (cpu_class.remark(None, "avx2") or "")
