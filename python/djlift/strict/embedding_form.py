"""The form of embedding.json and dense.safetensors: what follows the model in an archive of text embedding.

``org.djlift.internal.reader.EmbeddingForm`` refuses exactly the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from djlift.base.display import printable
from djlift.strict import golden_form, limits, strict_json
from djlift.strict.onnx_wire import Refused
from djlift.strict.refusal import Refusal

FORM = "embedding.json"
DENSE = "dense.safetensors"
POOLINGS = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
ACTIVATIONS = ("identity", "tanh", "relu", "sigmoid", "silu", "gelu")
WIDTH = 1 << 16
"""Most numbers of an embedding."""
STEPS = 16
_IDS = 1 << 24
_KEYS = {"columns", "pooling", "include_prompt", "special_ids", "modules", "prompts", "dimension"}
_DENSE = {"type", "inputs", "outputs", "activation", "bias"}


def check(folder: Path) -> None:
    """Look at both files of an archive's folder, those that are there.

    Raises:
        Refused: One is not of the form, or weights are there that nothing uses, or absent.
    """
    if not (folder / FORM).is_file():
        if (folder / DENSE).is_file():
            _refuse(f"{FORM} beside {DENSE}", "none", DENSE)
        return
    expected = _form(_object(folder / FORM))
    file = folder / DENSE
    if file.is_file() != bool(expected):
        _refuse(
            f"{DENSE} where there are dense modules, and only there",
            "one" if file.is_file() else "none",
            DENSE,
        )
    if not expected:
        return
    if file.stat().st_size > limits.GRAPH:
        refused = Refused(Refusal.TOO_LARGE, f"at most {limits.GRAPH} bytes", "more")
        refused.file = DENSE
        raise refused
    try:
        shapes = golden_form.tensors(file.read_bytes())
    except Refused as cause:
        _refuse(cause.expected, cause.found, DENSE)
    if shapes != expected:
        wrong = sorted({*shapes.items()} ^ {*expected.items()})[0]
        _refuse(f"the weights of {FORM}", f"{wrong[0]} of {wrong[1][0]} x {wrong[1][1]}", DENSE)


def _object(file: Path) -> dict[str, Any]:
    if file.stat().st_size > limits.TEXT:
        raise Refused(Refusal.TOO_LARGE, f"at most {limits.TEXT} bytes", "more")
    try:
        data = strict_json.parse(file.read_bytes())
    except ValueError as cause:
        raise Refused(Refusal.JSON, "JSON", printable(str(cause), 60)) from cause
    if not isinstance(data, dict):
        raise Refused(Refusal.JSON, "a JSON object", "another value")
    return data


def _form(data: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """The weights that the form needs: shapes by name."""
    if set(data) != _KEYS:
        _refuse("the keys " + ", ".join(sorted(_KEYS)), ", ".join(sorted(data)))
    width = _number(data["columns"], WIDTH)
    pooling = _list(data["pooling"])
    if not 0 < len(pooling) <= len(POOLINGS) or any(mode not in POOLINGS for mode in pooling):
        _refuse("one or more of " + ", ".join(POOLINGS), repr(pooling))
    if type(data["include_prompt"]) is not bool:
        _refuse("true or false for include_prompt", repr(data["include_prompt"]))
    for token in _list(data["special_ids"]):
        _number(token, _IDS, least=0)
    shapes, width = _shapes(data["modules"], width * len(pooling))
    prompts = data["prompts"]
    if not isinstance(prompts, dict) or not all(isinstance(p, str) for p in prompts.values()):
        _refuse("prompts as texts", repr(prompts))
    if _number(data["dimension"], WIDTH * len(POOLINGS)) != width:
        _refuse(f"the dimension {width}", str(data["dimension"]))
    return shapes


def _shapes(steps: Any, width: int) -> tuple[dict[str, tuple[int, int]], int]:
    """Shapes of the weights, and the numbers of an embedding behind all modules."""
    shapes: dict[str, tuple[int, int]] = {}
    if len(_list(steps)) > STEPS:
        _refuse(f"at most {STEPS} modules", str(len(steps)))
    for step in steps:
        if step == {"type": "normalize"}:
            continue
        if not isinstance(step, dict) or set(step) != _DENSE or step["type"] != "dense":
            _refuse("modules of type dense and normalize", repr(step))
        if step["activation"] not in ACTIVATIONS or type(step["bias"]) is not bool:
            _refuse("an activation of " + ", ".join(ACTIVATIONS), repr(step["activation"]))
        if _number(step["inputs"], WIDTH * len(POOLINGS)) != width:
            _refuse(f"{width} inputs", str(step["inputs"]))
        width = _number(step["outputs"], WIDTH)
        number = sum(name.startswith("linear.weight") for name in shapes) + 1
        end = "" if number == 1 else f".{number}"
        shapes[f"linear.weight{end}"] = (width, step["inputs"])
        if step["bias"]:
            shapes[f"linear.bias{end}"] = (1, width)
    return shapes, width


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        _refuse("a list", repr(value))
    return value


def _number(value: Any, most: int, least: int = 1) -> int:
    if type(value) is not int or not least <= value <= most:
        _refuse(f"a whole number from {least} to {most}", repr(value))
    return value


def _refuse(expected: str, found: str, file: str = FORM) -> NoReturn:
    refused = Refused(Refusal.CONFIG, expected, printable(found, 60))
    refused.file = file
    raise refused
