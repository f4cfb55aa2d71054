"""Sizes and subscripts for reading: l − k + 1, m·n, ⌊h/2⌋, 2·i + k."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.core.expr import Expr
from chainrule.core.index import Affine, Index, Lookup, Quotient, Remainder
from chainrule.core.size import ONE, FloorDiv, Size


@dataclass(frozen=True, slots=True)
class Whole:
    """Writes whole-number arithmetic with the signs of one medium.

    divide: of op "//" or "%" and two operands. negative: the sign before a first term; minus: between two.
    """

    name: Callable[[str], str]
    number: Callable[[int], str]
    divide: Callable[[str, str, str], str]
    bracket: Callable[[str], str]
    negative: str
    minus: str
    plus: str
    dot: str

    def size(self, s: Size) -> str:
        """A size; its terms stand in the order of its text."""
        return self._terms(s, first=True) or self.number(0)

    def _terms(self, s: Size, first: bool) -> str:
        out = ""
        for mono, c in sorted(s.terms, key=lambda t: (t[1] < 0, -len(t[0]), str(t[0]))):
            factors = [self.number(abs(c))] if abs(c) != 1 or not mono else []
            factors += [self._atom(a) for a in mono]
            out += self._sign(c < 0, first and not out) + self.dot.join(factors)
        return out

    def _sign(self, negative: bool, first: bool) -> str:
        if first:
            return self.negative if negative else ""
        return self.minus if negative else self.plus

    def _atom(self, a: str | FloorDiv) -> str:
        if isinstance(a, str):
            return self.name(a)
        return self.divide("//", self._factor(a.numerator), self._factor(a.denominator))

    def _factor(self, s: Size) -> str:
        text = self.size(s)
        return self.bracket(text) if len(s.terms) > 1 or factors(s) > 1 else text

    def subscript(self, s: Affine, letter: Callable[[Index], str], entry: Callable[[Expr], str]) -> str:
        """A subscript, its letters and the entries that it looks up written by the callables."""
        out = ""
        alone = len(s.terms) == 1 and not s.constant.terms and s.terms[0][1] is ONE
        for atom, c in s.terms:
            match atom:
                case Index():
                    text = letter(atom)
                case Lookup(e):
                    text = entry(e)
                case Quotient(v, d) | Remainder(v, d):
                    inner = self.subscript(v, letter, entry)
                    inner = inner if v.index is not None else self.bracket(inner)
                    text = self.divide("//" if isinstance(atom, Quotient) else "%", inner, self._factor(d))
                    if isinstance(atom, Remainder) and not alone:
                        text = self.bracket(text)
            negative = len(c.terms) == 1 and c.terms[0][1] < 0
            c = c * -1 if negative else c
            out += self._sign(negative, not out) + (text if c is ONE else f"{self._factor(c)}{self.dot}{text}")
        return out + self._terms(s.constant, first=not out) or self.number(0)


def factors(s: Size) -> int:
    """How many factors its first term is written with."""
    if not s.terms:
        return 1
    mono, c = s.terms[0]
    return len(mono) + (abs(c) != 1 or not mono)
