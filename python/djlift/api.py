"""djlift for notebooks and scripts: what is public, with :mod:`djlift.errors` and :mod:`djlift.spark`.

Everything else of this package may change in any release. Importing this module loads neither torch nor a JVM;
each name brings what it needs when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from djlift.builder.build import build
    from djlift.builder.result import BuildResult
    from djlift.checkpoints.recipe import Recipe
    from djlift.errors import DjliftError
    from djlift.parity.result import ParityReport
    from djlift.parity.verify import verify
    from djlift.predict import predict
    from djlift.zoo.placing import Published
    from djlift.zoo.publish import publish

_FROM = {
    "build": "djlift.builder.build",
    "verify": "djlift.parity.verify",
    "predict": "djlift.predict",
    "publish": "djlift.zoo.publish",
    "Recipe": "djlift.checkpoints.recipe",
    "BuildResult": "djlift.builder.result",
    "ParityReport": "djlift.parity.result",
    "Published": "djlift.zoo.placing",
    "DjliftError": "djlift.errors",
}
__all__ = [
    "BuildResult",
    "DjliftError",
    "ParityReport",
    "Published",
    "Recipe",
    "build",
    "predict",
    "publish",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a name where it is defined, when it is first asked for."""
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_FROM[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
