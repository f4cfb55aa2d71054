"""Why a claim is wrong: the typical mistake that, undone in it, makes it right; and the line as it should be."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, fmpq

from chainrule.checker import syntax as s
from chainrule.checker.carried import ROUNDED
from chainrule.checker.definitions import literal, number
from chainrule.checker.judged import Bench, Setting, judge, value
from chainrule.checker.labels import bare, label_of
from chainrule.checker.parts import Parts
from chainrule.checker.places import places
from chainrule.checker.printed import Printer, span, written
from chainrule.checker.repairs import Context, Edit, edits
from chainrule.checker.truth import arrays
from chainrule.mistakes.table import MISTAKES, say

SECONDS = 2.0
MOST = 1500


@dataclass(frozen=True)
class Diagnosis:
    """A kind, a sentence, and the text that the right side should have."""

    kind: str
    reason: str
    start: int
    end: int
    text: str


@dataclass
class Doctor:
    """Diagnoses claims of one document."""

    text: str
    parts: Parts

    def __post_init__(self) -> None:
        self.printer = Printer(self.text, self.parts.odot, self.parts.top)

    def diagnose(self, setting: Setting, sides: list[s.Node], right: s.Node, scope: str) -> Diagnosis | None:
        """The most plausible mistake; None if none explains the claim."""
        anchor = sides[0]
        numeric = self._numeric(setting, sides, right, scope)
        if numeric is not None:
            return numeric
        context = self._context(setting, sides, right, scope)
        bench = Bench(setting, anchor, scope)
        deadline = time.monotonic() + SECONDS
        tried: set[str] = {written(right)}
        found = sorted(edits(right, context), key=lambda e: MISTAKES[e.kind].rank)
        for e in found[:MOST]:
            key = written(e.whole)
            if key in tried:
                continue
            tried.add(key)
            if bench.equal(e.whole):
                return self._told(e, sides)
            if time.monotonic() > deadline:
                break
        return None

    def _context(self, setting: Setting, sides: list[s.Node], right: s.Node, scope: str) -> Context:
        letters: dict[str, None] = {}
        for n in (x for side in (*sides, right) for x in s.walk(side)):
            if isinstance(n, s.Scripted):
                found = setting.symbols.split(n)
                subs = found[1] if found is not None else ()
                letters.update(dict.fromkeys(x.name for x in subs if isinstance(x, s.Symbol)))
        ranks: dict[str, int | None] = {}

        def rank(node: s.Node) -> int | None:
            key = written(node)
            if key not in ranks:
                made = value(setting.fork(), node, scope)
                ranks[key] = None if made is None else made[1].ndim
            return ranks[key]

        survey = setting.symbols.survey
        return Context(
            self.parts, rank, tuple(letters), frozenset(survey.layers), frozenset(survey.steps), survey.is_label_above
        )

    def _told(self, e: Edit, sides: list[s.Node]) -> Diagnosis:
        kind = e.kind
        if kind == "sign" and is_update(sides):
            kind = "update-sign"
        was, new = self._show(e.old), self._show(e.new)
        return Diagnosis(kind, say(kind, f"{new}, not {was}"), *span(self.text, e.old), new)

    def _show(self, node: s.Node) -> str:
        return self.printer(node)

    # Numbers

    def _numeric(self, setting: Setting, sides: list[s.Node], right: s.Node, scope: str) -> Diagnosis | None:
        """A side of numbers that is not what the side before it comes to."""
        claimed = literal(right)
        truth = self._worked_out(setting, sides[0], scope)
        if truth is None:
            return None
        if claimed is None:
            return self._one_number(setting, right, truth, scope)
        shape, entries = truth
        if len(claimed[1]) != len(entries):
            return None
        new, places_ = self._corrected(right, entries)
        kind, reason = self._slip(setting, sides, right, scope)
        if kind == "arithmetic":
            reason = "; ".join(f"{name}{new}, not {was}" for name, was, new in places_)
        del shape
        return Diagnosis(kind, say(kind, reason), *span(self.text, right), new)

    def _worked_out(
        self, setting: Setting, side: s.Node, scope: str
    ) -> tuple[tuple[int, ...], tuple[Fraction, ...]] | None:
        made = value(setting.fork(), side, scope)
        if made is None or made[1].letters:
            return None
        try:
            found = arrays(made[0], made[1])
        except ArithmeticError:
            return None
        if found is None:
            return None
        return found[0].shape, tuple(_fraction(x) for x in found[0].flat)

    def _corrected(self, right: s.Node, entries: tuple[Fraction, ...]) -> tuple[str, list[tuple[str, str, str]]]:
        """The side with its wrong numbers replaced, in the way that it writes numbers."""
        nodes = _number_nodes(right)
        base, out, changed = right.start, self.text[slice(*span(self.text, right))], list[tuple[str, str, str]]()
        flat = list(zip(nodes, entries, strict=False))
        for (name, node), x in reversed(flat):
            old = number(node)
            if old is None or _same(old, x, node):
                continue
            i, j = span(self.text, node)
            made = self._numeral(x, node)
            changed.append((name, self.text[i:j], made))
            out = out[: i - base] + made + out[j - base :]
        return out, changed[::-1]

    def _numeral(self, x: Fraction, like: s.Node) -> str:
        decimals = [n.places for n in s.walk(like) if isinstance(n, s.Number) and n.places is not None]
        sign = "-" if x < 0 else ""
        x = abs(x)
        if decimals and x.denominator != 1:
            return sign + _decimal(x, max(decimals))
        if x.denominator == 1:
            return sign + str(x.numerator)
        short = re.search(r"\\frac\s?\d\d", self.text) and x.numerator < 10 and x.denominator < 10
        return sign + (
            rf"\frac{x.numerator}{x.denominator}" if short else rf"\frac{{{x.numerator}}}{{{x.denominator}}}"
        )

    def _slip(self, setting: Setting, sides: list[s.Node], right: s.Node, scope: str) -> tuple[str, str]:
        """Whether a mistake in the formula before gives the numbers; else they are worked out wrongly."""
        formula = sides[-1]
        if any(isinstance(n, s.Number) and n.places is not None for n in s.walk(right)):
            setting = replace(setting, rounded=ROUNDED)
        if literal(formula) is None:
            context = Context(Parts(), lambda n: None, (), frozenset(), frozenset(), lambda n: False)
            for e in edits(formula, context):
                if e.kind not in ("sign", "missing-factor") or isinstance(e.old, s.Number):
                    continue
                if e.kind == "sign" and not isinstance(e.old, s.Sum):
                    continue
                if judge(setting.fork(), e.whole, right, scope).equal:
                    kind = "update-sign" if e.kind == "sign" and is_update(sides) else e.kind
                    return kind, f"these are the numbers of {self._show(e.whole)}"
        return "arithmetic", ""

    def _one_number(
        self, setting: Setting, right: s.Node, truth: tuple[tuple[int, ...], tuple[Fraction, ...]], scope: str
    ) -> Diagnosis | None:
        """The one number in a sum or product of numbers that must be another for the side to come out right."""
        if truth[0] or any(isinstance(n, (s.Symbol, s.Matrix)) for n in s.walk(right)):
            return None
        for p in places(right):
            if number(p.node) is None or p.node.end <= p.node.start:
                continue
            at = [self._worked_out(setting, p.put(s.Number(Fraction(k))), scope) for k in (0, 1, 2)]
            values = [x[1][0] for x in at if x is not None and not x[0]]
            if len(values) != 3 or values[2] - values[1] != values[1] - values[0] or values[1] == values[0]:
                continue
            x = (truth[1][0] - values[0]) / (values[1] - values[0])
            old = number(p.node)
            assert old is not None
            if x.denominator > 10_000 or (x < 0) != (old < 0):
                continue
            return Diagnosis(
                "arithmetic", f"{show(x)}, not {show(old)}", *span(self.text, p.node), self._numeral(x, p.node)
            )
        return None


def _fraction(x: object) -> Fraction:
    """An exact scalar, or a ball's centre as a decimal that is as good as right."""
    if isinstance(x, fmpq):
        return Fraction(int(x.p), int(x.q))
    return Fraction(x.str(25, radius=False)) if isinstance(x, arb) else Fraction(0)


def _same(old: Fraction, x: Fraction, node: s.Node) -> bool:
    """Whether a printed number is this one, within its digits."""
    places = [n.places for n in s.walk(node) if isinstance(n, s.Number) and n.places is not None]
    return abs(old - x) <= Fraction(51, 100) / 10 ** max(places) if places else old == x


def _number_nodes(node: s.Node) -> list[tuple[str, s.Node]]:
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


def show(x: Fraction) -> str:
    """A fraction for people, with a true minus sign."""
    return str(x).replace("-", "−")


def is_update(sides: list[s.Node]) -> bool:
    """Whether a chain says what a weight is after a step: w_new = w − …, W ← W − …"""
    first = bare(sides[0])
    if first is None:
        return False
    labels = [label_of(x) for x in (*first[1], first[2]) if x is not None]
    worded = any(x is not None and (len(x[0]) > 1 or x[1] > 0) for x in labels) or first[0].startswith("tilde_")
    last = sides[1] if len(sides) > 1 else None
    begins = isinstance(last, s.Sum) and len(last.terms) == 2 and bare(last.terms[0][1]) is not None
    same = begins and bare(last.terms[0][1])[0] == first[0]  # type: ignore[index,union-attr]
    return bool(same) or (worded and last is None)


Show = Callable[[s.Node], str]
