"""Sizes of axes: integer polynomials in named sizes, kept in one canonical form."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.errors import WrongType

Monomial: TypeAlias = "tuple[Atom, ...]"


@dataclass(frozen=True, slots=True)
class FloorDiv:
    """The whole part of `numerator / denominator`, as an atom of a polynomial."""

    numerator: Size
    denominator: Size

    def __str__(self) -> str:
        return f"{_grouped(self.numerator)}//{_grouped(self.denominator)}"


Atom: TypeAlias = "str | FloorDiv"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Size:
    """A polynomial with integer coefficients in size names; equal sizes are one object.

    Examples:
        >>> size("l") - size("k") + 1
        Size('l-k+1')
        >>> (size("m") * size("n")).evaluate({"m": 2, "n": 3})
        6
    """

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: SizeLike) -> Size:
        return _combine(self, size(other), 1)

    __radd__ = __add__

    def __sub__(self, other: SizeLike) -> Size:
        return _combine(self, size(other), -1)

    def __rsub__(self, other: SizeLike) -> Size:
        return size(other) - self

    def __mul__(self, other: SizeLike) -> Size:
        out: dict[Monomial, int] = {}
        for m1, c1 in self.terms:
            for m2, c2 in size(other).terms:
                key = tuple(sorted(m1 + m2, key=str))
                out[key] = out.get(key, 0) + c1 * c2
        return _make(out)

    __rmul__ = __mul__

    def __floordiv__(self, other: SizeLike) -> Size:
        divisor = size(other)
        if divisor.constant == 1:
            return self
        if self.constant is not None and divisor.constant is not None:
            return size(self.constant // divisor.constant)
        quotient = self.divide(divisor)
        return quotient if quotient is not None else _make({(FloorDiv(self, divisor),): 1})

    def divide(self, divisor: Size) -> Size | None:
        """The exact quotient by a single monomial, or None where there is none."""
        if len(divisor.terms) != 1:
            return ONE if divisor is self else None
        (mono, coeff), out = divisor.terms[0], {}
        for m, c in self.terms:
            rest = list(m)
            for atom in mono:
                if atom not in rest:
                    return None
                rest.remove(atom)
            if c % coeff:
                return None
            out[tuple(rest)] = c // coeff
        return _make(out)

    @property
    def constant(self) -> int | None:
        """The whole number this size is, if it names nothing."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and not self.terms[0][0]:
            return self.terms[0][1]
        return None

    @property
    def names(self) -> frozenset[str]:
        out: set[str] = set()
        for mono, _ in self.terms:
            for atom in mono:
                out |= {atom} if isinstance(atom, str) else atom.numerator.names | atom.denominator.names
        return frozenset(out)

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """The number this size is when its names have the given values; KeyError for one that has none."""
        total = 0
        for mono, coeff in self.terms:
            for atom in mono:
                coeff *= (
                    sizes[atom]
                    if isinstance(atom, str)
                    else atom.numerator.evaluate(sizes) // atom.denominator.evaluate(sizes)
                )
            total += coeff
        return total

    def substitute(self, values: Mapping[str, Size]) -> Size:
        """This size with names replaced by other sizes."""
        total = ZERO
        for mono, coeff in self.terms:
            product = size(coeff)
            for atom in mono:
                if isinstance(atom, str):
                    product = product * values.get(atom, size(atom))
                else:
                    product = product * (atom.numerator.substitute(values) // atom.denominator.substitute(values))
            total = total + product
        return total

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        out = ""
        leading = any(c > 0 and m for m, c in self.terms)  # l-k+1, but 1-k
        order = sorted(self.terms, key=lambda t: (leading and not t[0], t[1] < 0, -len(t[0]), str(t[0])))
        for mono, coeff in order:
            body = "*".join(map(str, mono))
            number = "" if abs(coeff) == 1 and body else str(abs(coeff))
            sign = "-" if coeff < 0 else "+" if out else ""
            out += sign + number + ("*" if number and body else "") + body
        return out

    def __repr__(self) -> str:
        return f"Size({str(self)!r})"

    def __reduce__(self) -> tuple[Callable[[dict[Monomial, int]], Size], tuple[dict[Monomial, int]]]:
        return _make, (dict(self.terms),)


SizeLike: TypeAlias = "Size | int | str"

_table: dict[tuple[tuple[Monomial, int], ...], Size] = {}


def _make(terms: Mapping[Monomial, int]) -> Size:
    key = tuple(sorted(((m, c) for m, c in terms.items() if c), key=lambda t: (len(t[0]), str(t[0]))))
    found = _table.get(key)
    if found is None:
        found = _table[key] = Size(key)
    return found


def _combine(a: Size, b: Size, sign: int) -> Size:
    out = dict(a.terms)
    for mono, coeff in b.terms:
        out[mono] = out.get(mono, 0) + sign * coeff
    return _make(out)


def _grouped(s: Size) -> str:
    text = str(s)
    return f"({text})" if len(s.terms) > 1 or "*" in text or "//" in text else text


def size(value: SizeLike) -> Size:
    """A size from a name, a whole number, or a size."""
    if isinstance(value, Size):
        return value
    if hasattr(value, "__index__"):  # an int, or a whole number of NumPy
        return _make({(): int(value)})
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType(f"a size is a name or a whole number, not {value!r}", hint='"n" or 3')
    return _make({(value,): 1})


ZERO = size(0)
ONE = size(1)

_unifier: ContextVar[Callable[[Size, Size], bool] | None] = ContextVar("unifier", default=None)


def same(a: Size, b: Size) -> bool:
    """Whether two sizes are one. While sizes are being inferred, they may be made one."""
    if a is b:
        return True
    unify = _unifier.get()
    return unify is not None and unify(a, b)


@contextmanager
def inferring(unify: Callable[[Size, Size], bool]) -> Generator[None]:
    """Within this block, `same` asks `unify` about sizes that differ."""
    token = _unifier.set(unify)
    try:
        yield
    finally:
        _unifier.reset(token)
