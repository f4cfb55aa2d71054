"""Columns and matrices that are written entry by entry, with dots or without."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from chainrule.checker import syntax as s
from chainrule.checker.dots import General, general, hidden, is_gap
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.printed import written
from chainrule.checker.values import MisfitError, NotUnderstoodError, Val
from chainrule.core.expr import Delta, Expr, intern
from chainrule.core.index import Index, affine, fresh
from chainrule.primitives.arithmetic import add_p, mul_p

Rows = tuple[tuple[s.Node, ...], ...]


def column(m: Evaluation, items: tuple[s.Node, ...], start: int) -> Val:
    """(1, 2), (x₁, x₂, …, xₙ): the brackets of a list begin at an offset."""
    if not any(isinstance(x, s.Dots) for x in items):
        return matrix(m, tuple((x,) for x in items), start)
    i, v = _of_general(m, general(items, hidden(start)))
    if v.ndim:
        raise NotUnderstoodError("a list of vectors")
    return Val(v.body, (i,))


def matrix(m: Evaluation, rows: Rows, start: int) -> Val:
    """A matrix from its entries."""
    if any(isinstance(x, s.Dots) for r in rows for x in r):
        return _with_dots(m, rows, start)
    if any(len(r) != len(rows[0]) for r in rows):
        raise NotUnderstoodError("a matrix with rows of different lengths")
    values = [[m.value(x) for x in r] for r in rows]
    if any(v.ndim for r in values for v in r):
        raise NotUnderstoodError("a matrix of matrices")
    return of_entries(values)


def of_entries(rows: Sequence[Sequence[Val]]) -> Val:
    """A matrix from the values of its entries; a column or a row where it has one of them only."""
    width = len(rows[0])
    i, j = fresh(len(rows), "i"), fresh(width, "j")
    terms: list[Expr] = []
    for m, r in enumerate(rows):
        for n, v in enumerate(r):
            term = v.body
            if len(rows) > 1:
                term = mul_p(term, intern(Delta, affine(i), affine(m)))
            if width > 1:
                term = mul_p(term, intern(Delta, affine(j), affine(n)))
            terms.append(term)
    axes = (i,) * (len(rows) > 1) + (j,) * (width > 1)
    return Val(reduce(add_p, terms), axes, row=len(rows) == 1 and width > 1)


def _with_dots(m: Evaluation, rows: Rows, start: int) -> Val:
    """A matrix with dots in its rows, between its rows, or both."""
    full = [r for r in rows if not is_gap(r)]
    across = [general(r, hidden(start, 1)) for r in full if any(isinstance(x, s.Dots) for x in r)]
    entries: list[s.Node] = [g.term for g in across] if across else [r[0] for r in full if len(r) == 1]
    if (across and len(across) != len(full)) or len(entries) != len(full):
        raise NotUnderstoodError("a matrix with dots of which the pattern is not certain")
    if len({written(g.end) for g in across}) > 1:
        raise NotUnderstoodError("rows with dots that are not of one length")
    if len(full) == len(rows):
        if len(rows) > 1:
            raise NotUnderstoodError("a matrix with dots in its rows and not between them")
        i, v = _of_general(m, across[0])
        return Val(v.body, (i,), row=True)
    gap = next(k for k, r in enumerate(rows) if is_gap(r))
    down = general([*entries[:gap], s.Dots(), *entries[gap:]], hidden(start))
    i, v = _of_general(m, down)
    if v.ndim:
        raise NotUnderstoodError("a matrix of matrices")
    if not across:
        return Val(v.body, (i,))
    j, v = _of_general(m, General(down.term, across[0].letter, across[0].end))
    return Val(v.body, (i, j))


def _of_general(m: Evaluation, g: General) -> tuple[Index, Val]:
    """The general term of a list, and its letter with the size that the list says."""
    v = m.value(g.term)
    i = m.letter(g.letter.name)
    if not m.symbols.sizes.same(i.size, m.symbols.size_of(g.end, m.bind)):
        raise MisfitError(f"a list of {g.end} entries where there are {i.size}")
    return i, v
