"""A side of numbers that does not come out: worked out again, and written as the document writes numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, fmpq

from chainrule.checker import syntax as s
from chainrule.checker.carried import ROUNDED
from chainrule.checker.diagnosis import Diagnosis, is_update
from chainrule.checker.edit_context import Context
from chainrule.checker.judged import Setting, judge, value
from chainrule.checker.numerals import literal, number
from chainrule.checker.parts import Parts
from chainrule.checker.places import places
from chainrule.checker.printed import span
from chainrule.checker.repairs import edits
from chainrule.checker.truth import arrays
from chainrule.mistakes.table import say

DIGITS = 25  # of a number that is no fraction
SIGNIFICANT = 4  # digits shown of such a number where the document has no decimals to go by
LONG = 60  # digits of a fraction that nobody would write


@dataclass(frozen=True)
class Worked:
    """A number as it is: exact, or its first digits."""

    value: Fraction
    exact: bool


@dataclass(frozen=True)
class Recalculation:
    """Of one claim of a document."""

    text: str
    show: Callable[[s.Node], str]
    setting: Setting
    scope: str

    def diagnosis(self, sides: list[s.Node], right: s.Node) -> Diagnosis | None:
        """The right side as it should be, if the first one is a matter of numbers; else None."""
        truth = self._worked_out(sides[0])
        if truth is None:
            return None
        claimed = literal(right)
        if claimed is None:
            return self._one_number(right, truth)
        if len(claimed[1]) != len(truth):
            return None
        new, changed = self._corrected(right, truth)
        kind, reason = self._slip(sides, right)
        if kind == "arithmetic":
            reason = "; ".join(f"{name}{now}, not {was}" for name, was, now in changed)
        return Diagnosis(kind, say(kind, reason), *span(self.text, right), new)

    def _worked_out(self, side: s.Node) -> tuple[Worked, ...] | None:
        """The entries of a side of given numbers, row by row."""
        made = value(self.setting.fork(), side, self.scope)
        if made is None or made[1].letters:
            return None
        try:
            found = arrays(made[0], made[1])
        except ArithmeticError:
            return None
        if found is None:
            return None
        out = [_worked(x) for x in found[0].flat]
        return None if None in out else tuple(x for x in out if x is not None)

    def _corrected(self, right: s.Node, truth: tuple[Worked, ...]) -> tuple[str, list[tuple[str, str, str]]]:
        """The side with its wrong numbers replaced, and for each of them its place, what was there, what is now."""
        i, j = span(self.text, right)
        out, changed = self.text[i:j], list[tuple[str, str, str]]()
        for (name, node), x in reversed(list(zip(_number_nodes(right), truth, strict=False))):
            old = number(node)
            if old is None or _same(old, x.value, node):
                continue
            a, b = span(self.text, node)
            new = self._numeral(x, node)
            changed.append((name, self.text[a:b], new))
            out = out[: a - i] + new + out[b - i :]
        return out, changed[::-1]

    def _numeral(self, x: Worked, like: s.Node) -> str:
        """A number in the way that another is written: a fraction, or a decimal of as many digits."""
        decimals = [n.places for n in s.walk(like) if isinstance(n, s.Number) and n.places is not None]
        sign, q = "-" if x.value < 0 else "", abs(x.value)
        if q.denominator == 1 and x.exact:
            return sign + str(q.numerator)
        if decimals:
            return sign + _decimal(q, max(decimals))
        if not x.exact:
            return sign + _decimal(
                q, max(0, SIGNIFICANT - len(str(int(q))) if q >= 1 else _leading(q) + SIGNIFICANT - 1)
            )
        short = re.search(r"\\frac\s?\d\d", self.text) and q.numerator < 10 and q.denominator < 10
        return sign + (
            rf"\frac{q.numerator}{q.denominator}" if short else rf"\frac{{{q.numerator}}}{{{q.denominator}}}"
        )

    def _slip(self, sides: list[s.Node], right: s.Node) -> tuple[str, str]:
        """Whether a mistake in the formula before gives the numbers; else they are worked out wrongly."""
        formula, setting = sides[-1], self.setting
        if any(isinstance(n, s.Number) and n.places is not None for n in s.walk(right)):
            setting = replace(setting, rounded=ROUNDED)
        if literal(formula) is None:
            context = Context(Parts(), lambda n: None, (), frozenset(), frozenset(), lambda n: False)
            for e in edits(formula, context):
                if e.kind not in ("sign", "missing-factor") or isinstance(e.old, s.Number):
                    continue
                if e.kind == "sign" and not isinstance(e.old, s.Sum):
                    continue
                if judge(setting.fork(), e.whole, right, self.scope).equal:
                    kind = "update-sign" if e.kind == "sign" and is_update(sides) else e.kind
                    return kind, f"these are the numbers of {self.show(e.whole)}"
        return "arithmetic", ""

    def _one_number(self, right: s.Node, truth: tuple[Worked, ...]) -> Diagnosis | None:
        """The one number in a sum or product of numbers that must be another for the side to come out right."""
        if len(truth) != 1 or any(isinstance(n, (s.Symbol, s.Matrix)) for n in s.walk(right)):
            return None
        for p in places(right):
            old = number(p.node)
            if old is None or p.node.end <= p.node.start:
                continue
            at = [self._worked_out(p.put(s.Number(Fraction(k)))) for k in (0, 1, 2)]
            v = [x[0].value for x in at if x is not None and len(x) == 1]
            if len(v) != 3 or v[2] - v[1] != v[1] - v[0] or v[1] == v[0]:
                continue
            x = (truth[0].value - v[0]) / (v[1] - v[0])
            if x.denominator > 10_000 or (x < 0) != (old < 0):
                continue
            new = self._numeral(Worked(x, exact=True), p.node)
            return Diagnosis("arithmetic", f"{_people(x)}, not {_people(old)}", *span(self.text, p.node), new)
        return None


def _worked(x: object) -> Worked | None:
    """An exact scalar, or a ball by its digits if it has enough of them and is of a size that people write."""
    if isinstance(x, fmpq):
        small = max(int(x.p).bit_length(), int(x.q).bit_length()) < 3 * LONG
        return Worked(Fraction(int(x.p), int(x.q)), exact=True) if small else None
    if not isinstance(x, arb):
        return Worked(Fraction(0), exact=True)
    if x.rel_accuracy_bits() < 3 * SIGNIFICANT + 3 or not 1e-30 < abs(float(x)) < 1e30:
        return None
    return Worked(Fraction(x.str(DIGITS, radius=False)), exact=False)


def _leading(q: Fraction) -> int:
    """The place after the point of the first digit of a number below one that is not 0."""
    n = 1
    while q and q * 10**n < 1:
        n += 1
    return n


def _same(old: Fraction, x: Fraction, node: s.Node) -> bool:
    """Whether a printed number is this one, within its digits."""
    decimals = [n.places for n in s.walk(node) if isinstance(n, s.Number) and n.places is not None]
    return abs(old - x) <= ROUNDED / 10 ** max(decimals) if decimals else old == x


def _number_nodes(node: s.Node) -> list[tuple[str, s.Node]]:
    """The numbers of a side with their places, row by row."""
    match node:
        case s.Matrix(rows=rows):
            wide = len(rows[0]) > 1
            return [
                (f"entry ({m},{n}): " if wide else f"entry {m}: ", x)
                for m, r in enumerate(rows, 1)
                for n, x in enumerate(r, 1)
            ]
        case s.Group(items=(s.Matrix() as inner,)):
            return _number_nodes(inner)
        case s.Group(items=items) if len(items) > 1:
            return [(f"entry {m}: ", x) for m, x in enumerate(items, 1)]
        case _:
            return [("", node)]


def _decimal(x: Fraction, digits: int) -> str:
    scaled = round(x * 10**digits)
    text = str(scaled).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


def _people(x: Fraction) -> str:
    """A fraction for people, with a true minus sign."""
    return str(x).replace("-", "−")
