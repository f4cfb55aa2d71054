"""Names, formulas and derivations of a network as mathematics, layers as superscripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.core.expr import Apply, Expr, Var
from chainrule.core.graph import rebuild, walk
from chainrule.core.index import Index
from chainrule.explain.derivation import Derivation
from chainrule.explain.lines import Lines
from chainrule.explain.show import folded, verdict_line
from chainrule.notation.pretty import shown_name
from chainrule.notation.style import PRODUCT
from chainrule.pages.document import Details, Equations, Note, Row
from chainrule.pages.math import Math
from chainrule.primitives.arithmetic import add_p, matmul_p, mul_p, neg_p, sub_p
from chainrule.primitives.linalg import ones_p
from chainrule.primitives.reductions import sum_p

EQUALS, BECOMES, MINUS, PLUS = (Math.sign(s) for s in "=←−+")
C = Math.name("C")
AT_ONCE = "All parameters change at once: every gradient is taken at the old weights."
WIDE = 40  # columns of a sum that may have to be broken
LONG = 14  # steps, beyond which each operation is one line


@dataclass(frozen=True)
class Writer:
    """Writes with the superscripts of one network."""

    scripts: Mapping[str, tuple[str, str]]

    def of(self, e: Expr, letters: Mapping[Index, str] | None = None) -> Math:
        """An expression; a wide sum in terms, between which its line can be broken."""
        m = Math.of(e, scripts=self.scripts, letters=letters)
        if m.width <= WIDE or not isinstance(e, Apply) or e.op not in (add_p, sub_p):
            return m
        left, right = e.args
        last = self.of(right, letters)
        sign = PLUS if e.op is add_p else MINUS
        if isinstance(right, Apply) and right.op is neg_p and sign is PLUS:
            sign, last = MINUS, self.of(right.args[0], letters)
        if last.minus or (sign is MINUS and last.level < PRODUCT):
            return m
        return Math.row(self.of(left, letters), sign, last)

    def name(self, v: Var | str) -> Math:
        """The name of a variable."""
        return Math.name(v if isinstance(v, str) else v.name, self.scripts)

    def slope(self, v: Var | str) -> Math:
        """∂C/∂v."""
        return Math.partial(C, self.name(v))

    def reason(self, text: str) -> str:
        """Why a step holds, with W₂ called W² as in the formulas."""
        for name in self.scripts:
            text = re.sub(rf"(?<!\w){re.escape(shown_name(name))}(?!\w)", shown_name(name, self.scripts), text)
        return text

    def details(self, summary: str, d: Derivation, *ends: Row) -> Details:
        """A derivation that is folded away, with what its end is called."""
        lines = Lines(d, folded(d.steps) if len(d.steps) > LONG else None)
        rows = [Row(self.of(lines.start.formula, lines.start.letters))]
        for row in lines.read:
            m = Math.row(EQUALS, self.of(row.line.formula, row.line.letters))
            rows.append(Row(m, self.reason(row.step.reason)))
        for meant, what in lines.definitions():
            rows.append(Row(Math.row(Math.words("where"), self.of(meant), EQUALS, self.of(what))))
        return Details(summary, (Equations((*rows, *ends)), Note(verdict_line(d))))


def textbook(e: Expr) -> Expr:
    """The same as it is written in lectures: (Wᵀ δ) ⊙ σ′(z), matrix products first, and δ 𝟏 for sums over samples."""
    done: dict[Expr, Expr] = {}
    for node in walk(e):
        kids = {k: done[k] for k in node.args} if isinstance(node, Apply) else {}
        new = node if all(a is b for a, b in kids.items()) else rebuild(node, kids)
        if isinstance(new, Apply):
            new = _reordered(new)
        done[node] = new
    return done[e]


def _reordered(e: Apply) -> Expr:
    if e.op is sum_p and e.args[0].ndim == 2 and e.params == ((1,), False):
        return matmul_p(e.args[0], ones_p(params=(e.args[0].shape[1],)))
    if e.op is mul_p and all(a.shape for a in e.args):
        factors = _factors(e)
        first = [f for f in factors if isinstance(f, Apply) and f.op is matmul_p]
        if first and len(first) < len(factors):
            out = first[0]
            for f in [*first[1:], *(f for f in factors if f not in first)]:
                out = mul_p(out, f)
            return out
    return e


def _factors(e: Expr) -> list[Expr]:
    if isinstance(e, Apply) and e.op is mul_p and all(a.shape for a in e.args):
        return _factors(e.args[0]) + _factors(e.args[1])
    return [e]
