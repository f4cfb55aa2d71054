"""Sums: of terms, over letters, and with dots between the terms."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.dots import general, hidden, without_noughts
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import Sum, const, intern
from chainrule.core.index import Index


def added(m: Evaluation, terms: tuple[tuple[int, s.Node], ...]) -> Val:
    """a + b − c; x₁ + x₂ + … + xₙ."""
    if any(isinstance(t, s.Dots) for _, t in terms):
        return _with_dots(m, terms)
    out: Val | None = None
    for sign, t in terms:
        if not sign:
            raise NotUnderstoodError("± has two values")
        v = m.value(t)
        if out is None:
            out = v if sign > 0 else m.algebra.negative(v)
        else:
            out = m.algebra.add(sign, out, v)
    assert out is not None
    return out


def _with_dots(m: Evaluation, terms: tuple[tuple[int, s.Node], ...]) -> Val:
    """x₁ + x₂ + … + xₙ, and 0₁ + … + x_j + … + 0_d."""
    rest = without_noughts(terms)
    if rest is not None:
        return added(m, tuple(rest)) if rest else Val(const(0))
    if any(sign != 1 for sign, _ in terms):
        raise NotUnderstoodError("dots between terms that are not added")
    start = terms[0][1].start
    g = general([t for _, t in terms], hidden(start))
    return over_letters(m, s.BigOperator("sum", (g.letter,), s.whole(1), g.end, g.term, start=start))


def over_letters(m: Evaluation, node: s.BigOperator) -> Val:
    """Σ over one letter or several."""
    if node.operator != "sum":
        raise NotUnderstoodError(f"\\{node.operator}")
    names: list[str] = []
    for i in node.indices:
        if not isinstance(i, s.Symbol):
            raise NotUnderstoodError("a sum over something that is no letter")
        names.append(i.name)
    if not names:
        raise NotUnderstoodError("a sum that does not say over what")
    with m.letters.bound(names, node.start) as bound:
        for i in bound:
            _check_bounds(m, i, node.low, node.high)
        body = m.value(node.body)
    out = body.body
    for i in reversed(bound):
        out = intern(Sum, i, out)
    return Val(out, body.axes, body.row)


def _check_bounds(m: Evaluation, i: Index, low: s.Node | None, high: s.Node | None) -> None:
    """A sum runs over the whole of an axis, from 1 or from 0."""
    if low is not None and not (isinstance(low, s.Number) and low.value in (0, 1)):
        raise NotUnderstoodError("a sum that begins in the middle")
    if high is None:
        return
    if isinstance(low, s.Number) and low.value == 0:
        high = _one_more(high)
        if high is None:
            raise NotUnderstoodError("a sum that begins at 0")
    if isinstance(high, s.Symbol) and high.name in m.letters:
        raise NotUnderstoodError("a sum up to another index")
    m.symbols.sizes.same(m.symbols.size_of(high, m.bind), i.size)


def _one_more(high: s.Node) -> s.Node | None:
    match high:
        case s.Sum(terms=((1, first), (-1, s.Number(value=v)))) if v == 1:
            return first
        case s.Number(value=v):
            return s.Number(v + 1)
        case _:
            return None
