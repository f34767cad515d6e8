"""bom.cdx.json: valid, complete, from the manifest's facts, and the same bytes for the same facts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from djlift.archive import bom
from djlift.archive.container import pack, seal
from djlift.errors import MissingExtra
from tests.support.builders import a_folder, a_manifest

pytest.importorskip("cyclonedx")

SOURCE = {
    "kind": "hub",
    "id": "example/ner",
    "revision": "0123abc",
    "adapter": "lora",
    "weights": {"model.safetensors": "1" * 64, "adapter/adapter_model.safetensors": "2" * 64},
    "states": [
        {
            "of": "example/ner",
            "licence": "mit",
            "base_models": ["x/base"],
            "datasets": ["wikigold"],
        },
        {"of": "lora", "licence": None, "base_models": [], "datasets": ["btc", "wikigold"]},
    ],
}
PARITY = {
    "levels": [
        {
            "level": 2,
            "name": "logits",
            "status": "pass",
            "compared": 471,
            "divergences": 0,
            "summary": "largest difference 0.012",
        }
    ]
}
ACCURACY = {"archive": 0.75, "reference": 0.7506361323155216, "sentences": 189, "sha256": "a" * 64}


def made(folder: Path, **changes: Any) -> dict[str, Any]:
    """The BOM of a small archive, as data; valid, or the test fails here."""
    facts = {"source": SOURCE, "parity": PARITY, "accuracy": ACCURACY} | changes
    bom.write(a_folder(folder), a_manifest(**facts))
    text = (folder / bom.FILE).read_text(encoding="utf-8")
    assert problems(text) is None
    return dict(json.loads(text))


def problems(text: str) -> Any:
    """What the library's validator has against a BOM."""
    from cyclonedx.exception import MissingOptionalDependencyException
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    try:
        return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    except MissingOptionalDependencyException:
        pytest.skip("cyclonedx-python-lib[json-validation] is not installed")


def test_the_validator_can_fail(tmp_path: Path) -> None:
    """A field that CycloneDX does not have is seen, inside the model card too."""
    data = made(tmp_path / "files")
    data["metadata"]["component"]["modelCard"]["mood"] = "good"
    assert problems(json.dumps(data)) is not None


def test_the_model(tmp_path: Path) -> None:
    """Type, coordinates, licence by its SPDX name as the source declares it, precision and target."""
    model = made(tmp_path / "files")["metadata"]["component"]
    assert model["type"] == "machine-learning-model"
    assert (model["group"], model["name"]) == ("org.example.nlp", "tiny-ner")
    assert model["version"] == "1.0.0"
    assert model["licenses"] == [{"license": {"acknowledgement": "declared", "id": "Apache-2.0"}}]
    facts = {p["name"]: p["value"] for p in model["properties"]}
    assert facts["djlift:precision"] == "fp32"
    assert facts["djlift:djl"] == "0.38.0"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (None, None),
        ("our own terms", {"license": {"acknowledgement": "declared", "name": "our own terms"}}),
        ("mit AND apache-2.0", {"acknowledgement": "declared", "expression": "MIT AND Apache-2.0"}),
        ("mit AND ours", {"license": {"acknowledgement": "declared", "name": "mit AND ours"}}),
    ],
)
def test_licences(tmp_path: Path, stated: str | None, expected: Any) -> None:
    """No licence is no licence; words that are no SPDX name stay as they are."""
    model = made(tmp_path / "files", licence=stated)["metadata"]["component"]
    assert model.get("licenses") == (None if expected is None else [expected])


def test_ancestors(tmp_path: Path) -> None:
    """The checkpoint with its revision, hashes, licence and base model; the adapter beside it."""
    model = made(tmp_path / "files")["metadata"]["component"]
    adapter, source = sorted(model["pedigree"]["ancestors"], key=lambda a: a["bom-ref"])
    assert (source["name"], source["version"]) == ("example/ner", "0123abc")
    assert source["purl"] == "pkg:huggingface/example/ner@0123abc"
    assert source["licenses"][0]["license"]["id"] == "MIT"
    assert source["pedigree"]["ancestors"][0]["name"] == "x/base"
    assert source["components"][0]["name"] == "model.safetensors"
    assert source["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]
    assert adapter["name"] == "lora"
    assert "licenses" not in adapter
    assert adapter["components"][0]["hashes"][0]["content"] == "2" * 64


def test_the_model_card(tmp_path: Path) -> None:
    """Task, architecture, data sets as stated, figures of the proof, limits."""
    manifest = {"model": a_manifest().model | {"type": "bert", "remarks": ["padded right"]}}
    card = made(tmp_path / "files", **manifest)["metadata"]["component"]["modelCard"]
    parameters = card["modelParameters"]
    assert (parameters["task"], parameters["modelArchitecture"]) == ("token-classification", "bert")
    assert [d["name"] for d in parameters["datasets"]] == ["wikigold", "btc"]
    metrics = {m["type"]: m["value"] for m in card["quantitativeAnalysis"]["performanceMetrics"]}
    assert metrics == {
        "parity level 2: logits": "pass: largest difference 0.012",
        "entity F1 on the JVM": "0.75",
        "entity F1 in PyTorch fp32": "0.7506361323155216",
    }
    assert "padded right" in card["considerations"]["technicalLimitations"]


def test_what_is_not_known_is_absent(tmp_path: Path) -> None:
    """No data sets, no figures: no fields for them."""
    source = {"kind": "folder", "id": "ner", "revision": None, "weights": {}}
    card = made(tmp_path / "files", source=source, parity=None, accuracy=None)["metadata"][
        "component"
    ]["modelCard"]
    assert "datasets" not in card["modelParameters"]
    assert "quantitativeAnalysis" not in card


def test_files_and_tools(tmp_path: Path) -> None:
    """Every file but the manifest and the BOM with its hash; every tool with its version."""
    data = made(tmp_path / "files", tools={"djlift": "0.1.0", "torch": "2.15.0"})
    seal(tmp_path / "files", a_manifest())
    hashes = {c["name"]: c["hashes"][0]["content"] for c in data["components"]}
    assert hashes == {
        f.relative_to(tmp_path / "files").as_posix(): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in (tmp_path / "files").rglob("*")
        if f.is_file() and f.name not in ("djlift.json", bom.FILE)
    }
    tools = {t["name"]: t["version"] for t in data["metadata"]["tools"]["components"]}
    assert tools == {"djlift": "0.1.0", "torch": "2.15.0"}


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    """No time and no chance; another fact gives another serial number."""
    first, again = made(tmp_path / "one"), made(tmp_path / "two")
    other = made(tmp_path / "three", version="1.0.1")
    assert first == again
    assert (tmp_path / "one" / bom.FILE).read_bytes() == (tmp_path / "two" / bom.FILE).read_bytes()
    assert "timestamp" not in first["metadata"]
    assert first["serialNumber"] != other["serialNumber"]


def test_an_archive_holds_it(tmp_path: Path) -> None:
    """It is a file as the others: listed in the manifest, and packed."""
    from djlift.archive.container import opened

    made(tmp_path / "files")
    seal(tmp_path / "files", a_manifest())
    pack(tmp_path / "files", tmp_path / "a.zip")
    with opened(tmp_path / "a.zip") as found:
        assert not found.problems
        assert bom.FILE in found.manifest.files


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra."""
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="cyclonedx"):
        bom.write(a_folder(tmp_path / "files"), a_manifest())
