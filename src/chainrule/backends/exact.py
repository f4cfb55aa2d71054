"""Exact evaluation: rationals as long as all is rational, then balls that certainly contain the value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import arb, fmpq, fmpz

from chainrule.backends.interpreter import Arr, Interpreter, Model, arr
from chainrule.backends.scalars import ZERO, Dual, Undefined
from chainrule.core.expr import Apply, Expr, Var
from chainrule.core.graph import walk
from chainrule.core.size import Size
from chainrule.errors import DomainError, MissingValue, ShapeError, WrongType

DEFAULT_PRECISION = 128
LARGEST_PRECISION = 2048
_GOOD_BITS = 60


class Undecided(DomainError):
    """The point lies on a kink, or too close to one to choose a branch: it says nothing."""


def evaluate_array(
    e: Expr,
    values: Mapping[Expr, Arr],
    sizes: Mapping[str, int],
    functions: Mapping[str, Model] | None = None,
    precision: int = DEFAULT_PRECISION,
) -> Arr:
    """The value of a node without free indices, as an array of scalars.

    Raises:
        DomainError: an entry has no value.
        Undecided: an entry depends on a branch that cannot be chosen.
        MissingValue: a variable, size or function is not given.

    """
    with flint.ctx.workprec(precision):
        return checked(Interpreter(values, sizes, functions).tensor(e))


def checked(a: Arr) -> Arr:
    """The array; DomainError where an entry is undefined."""
    for x in a.flat:
        while type(x) is Dual:
            if type(x.b) is Undefined:
                x = x.b
                break
            x = x.a
        if type(x) is Undefined:
            raise (Undecided if x.undecided else DomainError)(x.reason)
    return a


def evaluate(e: Expr, values: Mapping[Any, Any] | None = None, precision: int | None = None) -> Any:
    """The value of an expression at a point: a number, or an array of them.

    `values` gives variables by name or as `Var`: numbers, fractions, nested lists, arrays. Sizes are read from the
    arrays; one that no array has, and the opaque functions (J, DJ, D2J as callables), are given by name. Without
    `precision` the result is a `Fraction` where everything is rational, else balls (`flint.arb`) with at least 60 right
    bits if it can be; with it, balls that were computed with that many bits.

    Raises:
        MissingValue: a variable, size or function is not given.
        ShapeError: an array does not fit its variable.
        DomainError: the value does not exist, such as the log of a negative number.

    """
    if e.free:
        raise ShapeError("an index expression with free indices has no value of its own", hint="make an Array of it")
    if precision is not None and (not isinstance(precision, int) or precision < 2):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType(f"the precision is a number of bits, not {precision!r}", hint="precision=200")
    given = {k.name if isinstance(k, Var) else str(k): v for k, v in (values or {}).items()}
    nodes = list(walk(e))
    arrays, sizes = bind((n for n in nodes if isinstance(n, Var)), given)
    functions: dict[str, Model] = {
        n.params[0].name: Callables(n.params[0].name, given)
        for n in nodes
        if isinstance(n, Apply) and n.op.name.startswith("opaque")
    }
    bits = precision or DEFAULT_PRECISION
    while True:
        try:
            out = evaluate_array(e, arrays, sizes, functions, bits)
            if precision is not None or bits >= LARGEST_PRECISION or _accurate(out):
                break
        except MemoryError:
            raise DomainError("the arrays that this needs are too large", hint="smaller sizes") from None
        except Undecided:
            if precision is not None or bits >= LARGEST_PRECISION:
                raise
        bits *= 2
    with flint.ctx.workprec(bits):
        return _presented(out, precision is not None)


def _accurate(a: Arr) -> bool:
    return all(type(x) is not arb or x.rel_accuracy_bits() >= _GOOD_BITS or x.is_zero() for x in a.flat)


def _presented(a: Arr, as_balls: bool) -> Any:
    as_balls = as_balls or any(type(x) is arb for x in a.flat)

    def present(x: Any) -> Any:
        x = fmpq(0) if x is ZERO else x
        if as_balls:
            return arb(x)
        return Fraction(int(x.p), int(x.q))

    out = arr(np.frompyfunc(present, 1, 1)(a))
    return out if out.ndim else out[()]


@dataclass(frozen=True)
class Callables:
    """An opaque function given by callables of arrays: J, and DJ, D2J for its derivatives."""

    name: str
    given: Mapping[str, Any]

    def derivative(self, y: Arr, order: int) -> Arr:
        """The value of the callable for this order of derivative."""
        name = ("", "D", "D2")[order] + self.name
        f: Callable[[Any], Any] | None = self.given.get(name)
        if f is None or not callable(f):
            raise MissingValue(f"the function {name} has no value", hint=f"pass a callable by name: {name}=lambda y: …")
        return exact_array(f(y if y.ndim else y[()]), name)


def exact(x: Any) -> Any:
    """A number as a scalar; a float counts as the decimal that it prints as, as in the language."""
    if isinstance(x, (fmpq, arb)):
        return x
    if isinstance(x, (int, fmpz)):
        return fmpq(x)
    if isinstance(x, np.generic):
        x = x.item()
    q = Fraction(repr(x)) if isinstance(x, float) else Fraction(x)
    return fmpq(q.numerator, q.denominator)


def exact_array(value: Any, name: str) -> Arr:
    """Numbers, nested lists or arrays as an array of scalars."""
    try:
        a = np.array(value, dtype=object)
        return arr(np.frompyfunc(exact, 1, 1)(a))
    except (ValueError, TypeError, OverflowError) as problem:
        raise DomainError(f"the value of {name} is not an array of finite numbers: {problem}") from None


def bind(variables: Iterable[Var], given: Mapping[str, Any]) -> tuple[dict[Expr, Arr], dict[str, int]]:
    """The arrays of variables given by name, and the sizes that follow from them."""
    arrays: dict[Expr, Arr] = {}
    extents: list[tuple[Size, int, str]] = []
    for v in variables:
        if v.name not in given:
            raise MissingValue(f"the variable {v.name} has no value", hint=f"pass it by name: {v.name}=…")
        a = arrays[v] = exact_array(given[v.name], v.name)
        if a.ndim != len(v.shape):
            raise ShapeError(f"{v.name} has {len(v.shape)} axes, and the value given for it has {a.ndim}")
        extents += [(s, n, f"axis {k} of {v.name}") for k, (s, n) in enumerate(zip(v.shape, a.shape, strict=True))]
    names = {name for s, _, _ in extents for name in s.names}
    sizes = {
        k: int(v)
        for k, v in given.items()
        if isinstance(v, (int, np.integer)) and (k in names or not _named(arrays, k))
    }
    return arrays, solve(extents, sizes)


def _named(arrays: Mapping[Expr, Arr], name: str) -> bool:
    return any(isinstance(v, Var) and v.name == name for v in arrays)


def solve(extents: Iterable[tuple[Size, int, str]], known: Mapping[str, int]) -> dict[str, int]:
    """Named sizes from the lengths that axes have; ShapeError where they contradict each other."""
    sizes = dict(known)
    waiting = list(extents)
    while waiting:
        later = [item for item in waiting if not _settled(*item, sizes)]
        if len(later) == len(waiting):
            break
        waiting = later
    return sizes


def _settled(s: Size, n: int, place: str, sizes: dict[str, int]) -> bool:
    """Whether this axis tells nothing more; a size that follows from it is noted."""
    unknown = sorted(s.names - sizes.keys())
    if len(unknown) == 1:
        name = unknown[0]
        at = [s.evaluate({**sizes, name: k}) for k in (0, 1)]
        slope = at[1] - at[0]
        if slope and (n - at[0]) % slope == 0:
            guess = (n - at[0]) // slope
            if guess >= 0 and s.evaluate({**sizes, name: guess}) == n and "//" not in str(s):
                sizes[name] = guess
                return True
        return False
    if unknown:
        return False
    if s.evaluate(sizes) != n:
        found = ", ".join(f"{name}={sizes[name]}" for name in sorted(s.names))
        raise ShapeError(f"{place} has length {n}, but its size is {s}" + (f" with {found}" if found else ""))
    return True
