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

    divide: of op "//" or "%" and two operands.
    """

    name: Callable[[str], str]
    divide: Callable[[str, str, str], str]
    minus: str
    dot: str

    def size(self, s: Size) -> str:
        """A size; its terms stand in the order of its text."""
        out = ""
        for mono, c in sorted(s.terms, key=lambda t: (t[1] < 0, -len(t[0]), str(t[0]))):
            factors = [str(abs(c))] if abs(c) != 1 or not mono else []
            factors += [self._atom(a) for a in mono]
            out += (self.minus if c < 0 else "+" if out else "") + self.dot.join(factors)
        return out or "0"

    def _atom(self, a: str | FloorDiv) -> str:
        if isinstance(a, str):
            return self.name(a)
        return self.divide("//", self._factor(a.numerator), self._factor(a.denominator))

    def _factor(self, s: Size) -> str:
        text = self.size(s)
        return f"({text})" if len(s.terms) > 1 or self.dot in text else text

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
                    inner = inner if v.index is not None else f"({inner})"
                    text = self.divide("//" if isinstance(atom, Quotient) else "%", inner, self._factor(d))
                    if isinstance(atom, Remainder) and not alone:
                        text = f"({text})"
            negative = len(c.terms) == 1 and c.terms[0][1] < 0
            c = c * -1 if negative else c
            sign = self.minus if negative else "+" if out else ""
            out += sign + (text if c is ONE else f"{self._factor(c)}{self.dot}{text}")
        if s.constant.terms or not out:
            text = self.size(s.constant)
            out += text if not out or text.startswith(self.minus) else f"+{text}"
        return out
