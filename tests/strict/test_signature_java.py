"""The same signatures, and others at random, through the JVM: Java refuses by the same code as Python."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from djlift.jvm import process
from tests.strict.test_signature import presented, python_says
from tests.strict.test_zip_java import temporary
from tests.support.hostile.signatures import ALTERED, Attempt, Signed, attempts, signed

pytest.importorskip("model_signing")
pytestmark = pytest.mark.jvm

_VALUES: tuple[Any, ...] = (None, 0, 1.5, True, "", "a", [], {}, ["a"], {"a": "b"}, [{}], "é", "=")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """A signed archive."""
    return signed(tmp_path_factory.mktemp("signed"))


def java_says(attempt: Attempt, file: Path) -> str | None:
    """The code by which Java refuses; None when it does not."""
    import jpype

    before = temporary()
    paths = jpype.JClass("java.nio.file.Path")
    try:
        jpype.JClass("org.djlift.Archive").open(
            paths.of(str(attempt.archive)), paths.of(str(attempt.key)), paths.of(str(file))
        ).close()
    except jpype.JException as thrown:
        kind = str(thrown.getClass().getName())
        if kind == "org.djlift.archive.SignatureRefusedException":
            assert str(thrown.expected()) and str(thrown.found()).isprintable()
            return str(thrown.code())
        assert kind == "org.djlift.archive.ArchiveException", f"{kind}: {thrown.getMessage()}"
        return ALTERED
    finally:
        assert temporary() == before
    return None


def test_every_case(one: Signed, tmp_path: Path) -> None:
    """Every case has one code in both languages."""
    process.start()
    wrong = []
    for name, attempt in attempts(one).items():
        file = presented(attempt, tmp_path)
        python, java = python_says(attempt, file), java_says(attempt, file)
        print(f"{name}: python {python or 'taken'}, java {java or 'taken'}")
        if not python == java == attempt.code:
            wrong.append((name, attempt.code, python, java))
    assert wrong == []


@hypothesis.settings(max_examples=400, deadline=None)
@hypothesis.given(st.data())
def test_values_at_random(
    one: Signed, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """One value of the bundle or of its signed statement becomes another: both say the same."""
    process.start()
    bundle = one.parsed
    inside = data.draw(st.booleans())
    tree = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"])) if inside else bundle
    node: Any = tree
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    other = data.draw(st.sampled_from(_VALUES) | st.text(max_size=8))
    if data.draw(st.booleans()) and isinstance(node, dict):
        del node[key]
    node_key = key if isinstance(node, list) else data.draw(st.just(key) | st.text(max_size=3))
    node[node_key] = other
    made = one.vouched(json.dumps(tree).encode()) if inside else json.dumps(tree).encode()
    attempt = Attempt(None, made, one.public, one.archive)
    file = presented(attempt, tmp_path_factory.getbasetemp())
    assert java_says(attempt, file) == python_says(attempt, file)


@hypothesis.settings(max_examples=400, deadline=None)
@hypothesis.given(st.data())
def test_bytes_at_random(
    one: Signed, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Bytes of the bundle or of the key file are changed, left out or put in: both say the same."""
    process.start()
    of_key = data.draw(st.booleans())
    made = bytearray(one.public.read_bytes() if of_key else one.bundle)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(made) - 1))
        made[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=2))
    folder = tmp_path_factory.getbasetemp()
    key = folder / "random.pub"
    key.write_bytes(bytes(made) if of_key else one.public.read_bytes())
    attempt = Attempt(None, one.bundle if of_key else bytes(made), key, one.archive)
    file = presented(attempt, folder)
    assert java_says(attempt, file) == python_says(attempt, file)
