"""Network files: what may stand in them, with exact numbers. Whatever is wrong is one message that says where."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from chainrule.errors import NetworkError
from chainrule.notation.source import nearest


def _number(x: Any) -> Fraction:
    if isinstance(x, bool) or not isinstance(x, (int, float, str, Fraction)):
        raise _unfit(f"{_said(x)} is not a number")
    try:
        return Fraction(repr(x) if isinstance(x, float) else x)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(f'{_said(x)} is not a number; write 3, 0.5 or "1/2"') from None


def _matrix(x: Any) -> list[list[Fraction]]:
    if not isinstance(x, Sequence) or isinstance(x, str):
        raise _unfit(f"{_said(x)} is not a list of rows, as in [[1, 2], [3, 4]]")
    rows = [row if isinstance(row, Sequence) and not isinstance(row, str) else [row] for row in x]
    if not rows or not rows[0]:
        raise ValueError("it is empty")
    widths = [len(row) for row in rows]
    if len(set(widths)) > 1:
        odd = next(k for k, w in enumerate(widths) if w != widths[0])
        raise ValueError(f"row 1 has {widths[0]} numbers and row {odd + 1} has {widths[odd]}")
    return [[_number(v) for v in row] for row in rows]


def _samples(x: Any) -> list[list[list[Fraction]]]:
    """A matrix of features × samples, or one for each time step."""
    if isinstance(x, Sequence) and x and isinstance(x[0], Sequence) and x[0] and isinstance(x[0][0], list):
        return [_matrix(step) for step in x]
    return [_matrix(x)]


def _vector(x: Any) -> Any:
    if isinstance(x, bool):
        return x
    if not isinstance(x, Sequence) or isinstance(x, str):
        raise _unfit(f"{_said(x)} is not a list of numbers, as in [1, 2, 3]")
    flat = [v[0] if isinstance(v, Sequence) and not isinstance(v, str) and len(v) == 1 else v for v in x]
    return [_number(v) for v in flat]


def _unfit(said: str) -> ValueError:
    return ValueError(said)


def _said(x: Any) -> str:
    return {True: "true", False: "false"}.get(x, repr(x)) if isinstance(x, bool) else repr(x)


Number = Annotated[Fraction, BeforeValidator(_number)]
Matrix = Annotated[list[list[Fraction]], BeforeValidator(_matrix)]
Samples = Annotated[list[list[list[Fraction]]], BeforeValidator(_samples)]
Vector = Annotated[list[Fraction] | bool, BeforeValidator(_vector)]
Count = Annotated[int, Field(ge=1, strict=True)] | Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")]
Reduction = Literal["mean", "sum"]
Rule = Literal["gradient descent", "momentum"]
Initial = Literal["he", "xavier", "zeros"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class LayerSpec(_Table):
    """One `[[layer]]`: weights and a bias, or how many units it has, and its activation."""

    weights: Matrix | None = None
    bias: Vector | None = None
    units: Count | None = None
    activation: str = "identity"
    beta: Number | None = None
    share: Annotated[int, Field(ge=1, strict=True)] | None = None
    recurrent: Matrix | None = None
    unroll: Annotated[int, Field(ge=1, strict=True)] | None = None
    initial: Initial | None = None


class UpdateSpec(_Table):
    """`[update]`: how parameters change."""

    rule: Rule = "gradient descent"
    learning_rate: Number | None = None
    momentum: Number | None = None
    weight_decay: Number = Fraction(0)


class RegularisationSpec(_Table):
    """`[regularisation]`: λ₁ Σ|w| and ½ λ₂ Σw² over all weights, added to the loss."""

    l1: Number = Fraction(0)
    l2: Number = Fraction(0)


class Spec(_Table):
    """A whole network file."""

    title: str = ""
    input: Samples | None = None
    inputs: Count | None = None
    target: Matrix | None = None
    labels: list[Annotated[int, Field(ge=0, strict=True)]] | None = None
    samples: Count | None = None
    orientation: Literal["columns", "rows"] = "columns"
    learning_rate: Number | None = None
    loss: str = "half squared error"
    delta: Number | None = None
    reduction: Reduction | None = None
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
        text = path.read_text(encoding="utf-8")
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
    """A float of TOML as the decimal that it is; nan and inf stay words, and are refused where they stand."""
    try:
        return Fraction(text)
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
    at = [part for part in first["loc"] if not (isinstance(part, str) and ("[" in part or part in _KINDS))]
    place = _place(at)
    if first["type"] == "extra_forbidden":
        table = _tables().get(str(at[-2]) if len(at) > 1 and isinstance(at[-2], str) else _owner(at), Spec)
        known = table.model_fields
        near = nearest(str(at[-1]), known)
        hint = near or f"one of {', '.join(known)}"
        return NetworkError(f"{name}: {place} is not a key of a network", hint=hint)
    said = first["msg"].removeprefix("Value error, ")
    hint = ""
    if first["type"] == "literal_error":
        options = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
        said = f"{first['input']!r} is not known"
        hint = nearest(str(first["input"]), options) or " or ".join(options)
    return NetworkError(f"{name}: {place}: {said[:1].lower()}{said[1:]}", hint=hint)


_KINDS = frozenset({"int", "str", "bool", "constrained-int", "constrained-str", "nullable", "list"})


def _tables() -> dict[str, type[BaseModel]]:
    return {"layer": LayerSpec, "update": UpdateSpec, "regularisation": RegularisationSpec}


def _owner(at: Sequence[Any]) -> str:
    return str(at[0]) if len(at) > 1 else ""


def _place(at: Sequence[Any]) -> str:
    """layer 2, weights: what a reader calls the place ("layer", 1, "weights")."""
    words: list[str] = []
    for part in at:
        if isinstance(part, int):
            words[-1:] = [f"{words[-1]} {part + 1}" if words else str(part + 1)]
        else:
            words.append(str(part))
    return ", ".join(words)


RULES: tuple[str, ...] = get_args(Rule)
