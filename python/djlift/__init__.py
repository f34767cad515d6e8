"""Take a Hugging Face transformer to the JVM and prove that it arrived unchanged."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("djlift")
except PackageNotFoundError:  # a source tree that is not installed
    __version__ = "0+unknown"
