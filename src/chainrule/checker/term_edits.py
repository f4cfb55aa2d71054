"""Repairs of a whole term or side: what may be missing about it."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.checker import syntax as s
from chainrule.checker.edit_context import Context
from chainrule.checker.labels import bare
from chainrule.checker.parts import TEMPERATURES
from chainrule.checker.printed import written

Edits = Iterator[tuple[str, s.Node]]


def term_edits(node: s.Node, c: Context) -> Edits:
    """Kinds of mistakes, each with what may have been meant."""
    yield "sign", s.Sum(((-1, _bracketed(node)),))
    core = node if isinstance(node, s.Product) else s.Product((_bracketed(node),), ())
    yield from _scales(core, c)
    yield from _activations(node, core, c)
    yield from _entries(core, c) if c.letters else _matrices(core, c)
    yield from _sums(node, c)
    yield from _other_terms(node, c)


def _before(x: s.Node, core: s.Product, sign: str = "") -> s.Node:
    return s.Product((x, *core.factors), (sign, *core.signs))


def _behind(core: s.Product, *more: s.Node) -> s.Node:
    return s.Product((*core.factors, *more), (*core.signs, *("",) * len(more)))


def _scales(core: s.Product, c: Context) -> Edits:
    """A number: 2, ½, those of the document, and one over them."""
    for x in (s.whole(2), s.Quotient(s.whole(1), s.whole(2))):
        yield "missing-factor", _before(x, core)
    for x in c.parts.scalars:
        name = bare(x)
        warm = c.parts.temperature or (name is not None and name[0] in TEMPERATURES)
        yield ("forgot-temperature" if warm else "missing-factor"), _before(s.Quotient(s.whole(1), x), core)
        yield "missing-factor", _before(x, core)
    for x in c.parts.factors:
        yield "missing-factor", _before(x, core)


def _activations(node: s.Node, core: s.Product, c: Context) -> Edits:
    """The slope of an activation."""
    if not c.letters:
        for slope in c.slopes():
            yield "dropped-sigma-prime", s.Product((_grouped(node), slope), ("odot",))
        return
    for slope in c.slope_entries():
        factors = slope.factors if isinstance(slope, s.Product) else (slope,)
        yield "dropped-sigma-prime", _behind(core, *factors)


def _matrices(core: s.Product, c: Context) -> Edits:
    """A vector, a matrix or an outer derivative, in matrix notation."""
    for x in c.parts.whole:
        yield "dropped-input", _behind(core, s.Transposed(x))
        yield "dropped-input", _behind(core, x)
        yield "dropped-input", _before(s.Transposed(x), core)
        yield "forgot-outer-derivative", _before(x, core)
        yield "forgot-outer-derivative", _before(x, core, "odot")
    for x in c.parts.derivatives:
        yield "forgot-outer-derivative", _before(x, core)
        yield "forgot-outer-derivative", _behind(core, x)


def _entries(core: s.Product, c: Context) -> Edits:
    """The same in index notation."""
    for x in c.parts.entries:
        yield "dropped-input", _behind(core, x)
    for x in c.parts.derivatives:
        yield "forgot-outer-derivative", _before(x, core)


def _sums(node: s.Node, c: Context) -> Edits:
    """A sum over a letter, or over the rows or columns of a matrix."""
    for letter in c.letters:
        yield "dropped-sum", s.BigOperator("sum", (s.Symbol(letter),), None, None, _bracketed(node))
    if c.rank(node) == 2:
        ones = s.Symbol("1", upright=True)
        yield "bias-not-summed", s.Product((s.Transposed(_grouped(node)), ones), ("",))
        yield "bias-not-summed", s.Product((_grouped(node), ones), ("",))


def _other_terms(node: s.Node, c: Context) -> Edits:
    """Another term of the document, added or subtracted."""
    for t in c.parts.terms:
        for sign in (1, -1):
            if written(t) != written(node):
                yield "dropped-term", s.Sum(((1, node), (sign, t)))
    for x in c.parts.whole if not c.letters else ():
        for sign in (1, -1):
            yield "dropped-term", s.Sum(((1, node), (sign, x)))
            for scale in c.parts.scalars:
                yield "dropped-term", s.Sum(((1, node), (sign, s.Product((scale, x), ("",)))))


def _bracketed(node: s.Node) -> s.Node:
    return s.Group((node,)) if isinstance(node, s.Sum) else node


def _grouped(node: s.Node) -> s.Node:
    return node if isinstance(node, (s.Symbol, s.Scripted, s.Group)) else s.Group((node,))
