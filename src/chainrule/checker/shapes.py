"""Claims about shapes: `xᵀ ∈ ℝ^{1 × d}`, `∂J/∂W ∈ ℝ^{m × d}` of what is known already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from chainrule.checker import syntax as s
from chainrule.checker.conventions import Reading
from chainrule.checker.judged import Setting, value
from chainrule.checker.sets import dims
from chainrule.checker.symbols import Symbols
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.size import ONE, Size

LAYOUTS = (Reading(), Reading(rows=True), Reading(inputs_first=True), Reading(rows=True, inputs_first=True))


@dataclass(frozen=True)
class ShapeVerdict:
    """how: right, wrong, or unclear; shape: what it is, as it would be written."""

    how: Literal["right", "wrong", "unclear"]
    reason: str = ""
    shape: str = ""


def shape_claim(symbols: Symbols, left: s.Node, right: s.Node, scope: str) -> ShapeVerdict:
    """Whether an expression has the shape that is said of it, in one of the layouts where it is a derivative."""
    said_nodes = dims(right)
    if said_nodes is None:
        return ShapeVerdict("unclear", "a set")
    setting = Setting(symbols)
    first: Val | None = None
    for reading in LAYOUTS:
        trial = replace(setting, reading=reading).fork()
        try:
            said = tuple(trial.symbols.size_of(n) for n in said_nodes)
        except NotUnderstoodError as e:
            return ShapeVerdict("unclear", e.message)
        made = value(trial, left, scope)
        if made is None:
            continue
        if _fits(trial.symbols, made[1], said):
            symbols.sizes = trial.symbols.sizes
            return ShapeVerdict("right")
        first = first or made[1]
    if first is None:
        return ShapeVerdict("unclear", "nothing says what its shape is")
    if first.ndim == 1 and not _stands(symbols, left):
        return ShapeVerdict("unclear", f"whether it is a row or a column is not said; as {first.describe()} it is not")
    return ShapeVerdict("wrong", f"it is {first.describe()}", _written(symbols, first))


def _fits(symbols: Symbols, v: Val, said: tuple[Size, ...]) -> bool:
    own = tuple(i.size for i in v.axes)
    if len(said) == 2 and len(own) == 1:
        own = (ONE, *own) if v.row else (*own, ONE)
    if len(said) == 2 and not own:
        own = (ONE, ONE)
    if len(said) == 1 and not own:
        own = (ONE,)
    return len(own) == len(said) and all(_may_be_one(symbols, a, b) for a, b in zip(own, said, strict=True))


def _may_be_one(symbols: Symbols, a: Size, b: Size) -> bool:
    """Whether two lengths are one; a letter of which nothing is known is not taken for 1."""
    a, b = symbols.sizes.resolve(a), symbols.sizes.resolve(b)
    return a is b or (a is not ONE and b is not ONE and symbols.sizes.same(a, b))


def _stands(symbols: Symbols, left: s.Node) -> bool:
    """Whether it is said of a vector that it stands: x ∈ ℝ^{n × 1}, x = (x₁, …, xₙ)ᵀ."""
    found = symbols.split(left.body if isinstance(left, s.Transposed) else left)
    if found is None or found[1] or found[2] is not None:
        return False
    declared = symbols.declaration(found[0])
    return found[0] in symbols.columns or (declared is not None and len(declared[0].dims) == 2)


def _written(symbols: Symbols, v: Val) -> str:
    own = [str(symbols.sizes.resolve(i.size)) for i in v.axes]
    if len(own) == 1:
        own = ["1", *own] if v.row else [*own, "1"]
    return "" if any("?" in x for x in own) else r" \times ".join(own)
