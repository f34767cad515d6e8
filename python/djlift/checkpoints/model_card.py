"""What a source says of itself in the front matter of its model card: licence, base models, data sets.

Nothing here is guessed and nothing has a default: what a card does not state is absent from the archive too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from djlift.checkpoints.checkpoint import Checkpoint, Source


@dataclass(frozen=True)
class Stated:
    """What one source states.

    Attributes:
        of: Its id, as the manifest names it.
        licence: As written; of ``license: other`` the ``license_name`` beside it.
        base_models: Ids of what it was made from.
        datasets: Names of what it was trained on.
    """

    of: str
    licence: str | None = None
    base_models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of the manifest."""
        return {
            "of": self.of,
            "licence": self.licence,
            "base_models": list(self.base_models),
            "datasets": list(self.datasets),
        }


def stated(source: Source) -> Stated:
    """What a source's README.md states; everything is absent without one, or when it has no front matter."""
    front = _front_matter(source)
    licence = _text(front.get("license"))
    if licence is not None and licence.lower() == "other":
        licence = _text(front.get("license_name")) or licence
    return Stated(
        source.id, licence, _texts(front.get("base_model")), _texts(front.get("datasets"))
    )


def all_stated(checkpoint: Checkpoint) -> tuple[Stated, ...]:
    """What the checkpoint states, and its adapter."""
    found = [stated(checkpoint.source)]
    if checkpoint.adapter is not None:
        found.append(stated(checkpoint.adapter))
    return tuple(found)


def licence(checkpoint: Checkpoint) -> str | None:
    """The licence of the whole: what every part states, joined by AND; None when one part states none."""
    licences = [one.licence for one in all_stated(checkpoint)]
    if None in licences:
        return None
    return " AND ".join(dict.fromkeys(str(one) for one in licences))


def _front_matter(source: Source) -> Mapping[str, Any]:
    import yaml
    from huggingface_hub import metadata_load

    card = source.folder / "README.md"
    if not card.is_file():
        return {}
    try:
        return metadata_load(card) or {}
    except (yaml.YAMLError, RecursionError, ValueError):
        # A card that cannot be read states nothing; it is a person's text, not an input of the model.
        return {}


def _text(value: Any) -> str | None:
    """A line of text; anything else counts as nothing."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text or None


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(text for one in values if (text := _text(one))))
