"""The demo's archives, as tests on a JVM have them."""

from __future__ import annotations

from tests.jvm.conftest import demo, fp32, small, zoo

__all__ = ["demo", "fp32", "small", "zoo"]
