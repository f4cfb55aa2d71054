"""Network files: what may stand in them, with exact numbers. Whatever is wrong is one message that says where."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from chainrule.errors import NetworkError
from chainrule.nets.entries import above_zero, classes, count, matrix, not_negative, number, samples, vector, whole
from chainrule.notation.source import nearest

Number = Annotated[Fraction, BeforeValidator(number)]
Positive = Annotated[Fraction, BeforeValidator(above_zero)]
NotNegative = Annotated[Fraction, BeforeValidator(not_negative)]
Matrix = Annotated[list[list[Fraction]], BeforeValidator(matrix)]
Samples = Annotated[list[list[list[Fraction]]], BeforeValidator(samples)]
Vector = Annotated[list[Fraction] | bool, BeforeValidator(vector)]
Labels = Annotated[list[int], BeforeValidator(classes)]
Count = Annotated[int | str, BeforeValidator(count)]
Whole = Annotated[int, BeforeValidator(whole)]
Rule = Literal["gradient descent", "momentum"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class LayerSpec(_Table):
    """One `[[layer]]`: weights and a bias, or how many units it has, and its activation."""

    weights: Matrix | None = None
    bias: Vector | None = None
    units: Count | None = None
    activation: str = "identity"
    beta: Number | None = None
    share: Whole | None = None
    recurrent: Matrix | None = None
    unroll: Whole | None = None


class UpdateSpec(_Table):
    """`[update]`: how parameters change."""

    rule: Rule = "gradient descent"
    learning_rate: NotNegative | None = None
    momentum: NotNegative | None = None
    weight_decay: NotNegative = Fraction(0)


class RegularisationSpec(_Table):
    """`[regularisation]`: λ₁ Σ|w| and ½ λ₂ Σw² over all weights, added to the loss."""

    l1: NotNegative = Fraction(0)
    l2: NotNegative = Fraction(0)


class Spec(_Table):
    """A whole network file."""

    title: str = ""
    input: Samples | None = None
    inputs: Count | None = None
    target: Matrix | None = None
    labels: Labels | None = None
    samples: Count | None = None
    orientation: Literal["columns", "rows"] = "columns"
    learning_rate: NotNegative | None = None
    loss: str = "half squared error"
    delta: Positive | None = None
    reduction: Literal["mean", "sum"] | None = None
    layers: Count | None = None
    layer: list[LayerSpec] = Field(default_factory=list[LayerSpec])
    update: UpdateSpec = UpdateSpec()
    regularisation: RegularisationSpec = RegularisationSpec()


def load(path: str | Path) -> Spec:
    """The network in a TOML file.

    Raises:
        NetworkError: the file is not there, is no TOML, or says what cannot be.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise NetworkError(f"{path.name} is not text in UTF-8") from None
    except OSError as problem:
        raise NetworkError(f"{path}: {problem.strerror}", hint="a TOML file, as in examples/") from None
    return parse(text, path.name)


def parse(text: str, name: str = "the network") -> Spec:
    """The network in a TOML text."""
    try:
        data = tomllib.loads(text, parse_float=_exact)
    except tomllib.TOMLDecodeError as problem:
        said = str(problem)
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(problem))
        shown = ""
        if place:
            line, column = int(place[1]), int(place[2])
            row = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
            shown = f"{row}\n{' ' * (column - 1)}^"
            said = f"line {line}, column {column}: {said.partition(' (at ')[0]}"
        raise NetworkError(f"{name} is not TOML: {said}", place=shown) from None
    return read(data, name)


def _exact(text: str) -> Fraction | str:
    """A float of TOML as the decimal that it is; what is no number to work with stays text, refused where it stands."""
    try:
        return number(text)
    except ValueError:
        return text


def read(data: Mapping[str, Any], name: str = "the network") -> Spec:
    """The network in nested dictionaries and lists, as TOML gives them."""
    try:
        return Spec.model_validate(data)
    except ValidationError as problem:
        raise _explained(problem, name) from None


def _explained(problem: ValidationError, name: str) -> NetworkError:
    errors = problem.errors()
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    at = list(first["loc"])
    place = _place(at)
    if first["type"] == "extra_forbidden":
        known = _TABLES.get(str(at[0]) if len(at) > 1 else "", Spec).model_fields
        hint = nearest(str(at[-1]), known) or f"one of {', '.join(known)}"
        return NetworkError(f"{name}: {place} is not a key of a network", hint=hint)
    said, hint = _said(first["type"], str(first["msg"]), first["input"]), _HINTS.get(place, "")
    if first["type"] == "literal_error":
        options = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
        hint = nearest(str(first["input"]), options) or " or ".join(options)
    return NetworkError(f"{name}: {place}: {said}", hint=hint)


def _said(kind: str, message: str, found: Any) -> str:
    """What is wrong with a value, in the words of someone who wrote a file."""
    shown = str(found) if isinstance(found, Fraction) else repr(found)
    words = {
        "literal_error": f"{shown} is not known",
        "string_type": f"{shown} is not a text",
        "list_type": "it is one table, and a list of tables is meant",
        "model_type": f"{shown} is not a table of keys",
        "dict_type": f"{shown} is not a table of keys",
    }
    return words.get(kind, message.removeprefix("Value error, "))


_TABLES: Mapping[str, type[BaseModel]] = {
    "layer": LayerSpec, "update": UpdateSpec, "regularisation": RegularisationSpec,
}  # fmt: skip
_HINTS = {
    "layer": "[[layer]] before each layer, in double brackets",
    "update": '[update], and below it rule = "momentum"',
    "regularisation": "[regularisation], and below it l2 = 0.1",
    "loss": 'loss = "mean squared error"; chainrule list losses shows all',
}


def _place(at: Sequence[Any]) -> str:
    """layer 2, weights: what a reader calls the place ("layer", 1, "weights")."""
    words: list[str] = []
    for part in at:
        if isinstance(part, int):
            words[-1:] = [f"{words[-1]} {part + 1}" if words else str(part + 1)]
        else:
            words.append(str(part))
    return ", ".join(words)
