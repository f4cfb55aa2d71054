"""What branches depend on: the expressions whose signs choose one in relu, abs, max, where and their kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from typing import Any, cast

import numpy as np

from chainrule.backends.functions import FUNCTIONS, maximum, minimum
from chainrule.backends.interpreter import Arr, Interpreter
from chainrule.backends.scalars import NOUGHT, ZERO, Undefined, ball, sign
from chainrule.backends.tensors import DIRECT
from chainrule.core.expr import Apply, Expr, SizeValue, Var, intern
from chainrule.core.graph import walk
from chainrule.core.index import affine, fresh
from chainrule.errors import DomainError
from chainrule.primitives.arithmetic import sub_p

_OF_ONE = frozenset({"relu", "abs", "sign", "step"})
_OF_TWO = frozenset({"maximum", "minimum", "gt", "ge", "lt", "le"})
_ORDER = frozenset({"max", "min", "maxpool1d", "maxpool2d"})
_MOST_CELLS = 48


def conditions(nodes: Iterable[Expr]) -> list[Condition]:
    """Functions that give the numbers whose signs choose the branches, for every node that has any."""
    out: dict[Expr, Condition] = {}
    waiting, done = list(nodes), set[Expr]()
    while waiting:
        e = waiting.pop(0)
        if e in done or not isinstance(e, Apply):
            continue
        done.add(e)
        op = e.op
        if op.ball in _OF_ONE | _OF_TWO:
            decisive = e.args[0] if op.ball in _OF_ONE else intern(Apply, sub_p, e.args, ())
            out.setdefault(decisive, _Sign(decisive))
        elif op.name in _ORDER:
            out.setdefault(e, _Order(e))
        elif op.expand is not None and op.ball not in FUNCTIONS:
            waiting += walk(op.expand(*e.args))
        elif op.kink and op.define is not None and not op.elementwise and op.name not in DIRECT:
            waiting += walk(op.define(e.args, e.params, tuple(affine(fresh(n)) for n in e.shape)))
    return [c for e, c in out.items() if any(isinstance(n, Var) or _sized(n) for n in walk(e))]


def _sized(e: Expr) -> bool:
    return any(s.names for s in e.shape) or (isinstance(e, SizeValue) and bool(e.size.names))


@dataclass(frozen=True)
class Condition(ABC):
    """Gives the numbers whose signs choose a branch, at a point: those of the expression, or of what it orders."""

    e: Expr

    @abstractmethod
    def __call__(self, at: Interpreter) -> Iterable[Any]:
        """The numbers at a point."""

    def at_kinks(self, at: Interpreter) -> Iterable[Any]:
        """The numbers of which one is 0 on a kink: all of those that decide, or enough of them."""
        return self(at)

    @property
    def varies(self) -> bool:
        """Whether it depends on more than sizes."""
        return any(isinstance(n, Var) for n in walk(self.e))


class _Sign(Condition):
    """The entries of an expression."""

    def __call__(self, at: Interpreter) -> Iterable[Any]:
        return at.value(self.e)[1].flat


class _Order(Condition):
    """Differences of the entries among which one is the largest or smallest."""

    def __call__(self, at: Interpreter) -> Iterable[Any]:
        e, (batch, a) = cast("Apply", self.e), at.value(cast("Apply", self.e).args[0])
        for lane in _lanes(e, a, len(batch), at):
            yield from (x - y for x, y in combinations(lane, 2))

    def at_kinks(self, at: Interpreter) -> Iterable[Any]:
        """How far entries are from the largest or smallest of their own, which is 0 for more than one at ties."""
        e, (batch, a) = cast("Apply", self.e), at.value(cast("Apply", self.e).args[0])
        for lane in _lanes(e, a, len(batch), at):
            extreme = reduce(minimum if e.op.name == "min" else maximum, lane)
            yield from (x - extreme for x in lane)


def _lanes(e: Apply, a: Arr, batch: int, at: Interpreter) -> Iterable[Arr]:
    if e.op.name in ("max", "min"):
        axes = e.params[0]
        gone = [batch + k for k in (range(a.ndim - batch) if axes is None else axes)]
        rest = [k for k in range(a.ndim) if k not in gone]
        flat = a.transpose(*rest, *gone).reshape([*(a.shape[k] for k in rest), -1])
        yield from (flat[place] for place in np.ndindex(*flat.shape[:-1]))
        return
    spatial, w = int(e.op.name[-2]), at.extent(e.params[0])
    lead = a.ndim - spatial
    for place in np.ndindex(*a.shape[:lead], *(n // w for n in a.shape[lead:])):
        yield a[place[:lead] + tuple(slice(k * w, (k + 1) * w) for k in place[lead:])].ravel()


def cells(condition: Condition, at: Interpreter) -> list[tuple[int, float]]:
    """The signs (0 where there is none) and about the values of the numbers that decide, at a point."""
    try:
        return [_cell(x) for x, _ in zip(condition(at), range(_MOST_CELLS), strict=False)]
    except (DomainError, OverflowError):
        return []


def signs_at_kinks(condition: Condition, at: Interpreter) -> list[int]:
    """The signs (0 where there is none) of all numbers of which one is 0 on a kink, at a point."""
    try:
        return [_cell(x)[0] for x in condition.at_kinks(at)]
    except (DomainError, OverflowError):
        return []


def _cell(x: Any) -> tuple[int, float]:
    s = sign(x)
    if type(x) is Undefined or type(s) is Undefined:
        return 0, float("nan")
    return s, float(ball(NOUGHT if x is ZERO else x).mid())
