"""One gradient looked at in four ways: an entry, a row, the whole matrix written out, and as a product of matrices."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.core.expr import access
from chainrule.core.index import fresh
from chainrule.diff.reverse import closed
from chainrule.nets.formulas import Formulas
from chainrule.nets.writer import EQUALS, C
from chainrule.notation.forms import entries
from chainrule.pages.document import Block, Details, Equations, Row
from chainrule.pages.math import Math
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import expr_of, terms_of

WRITTEN_OUT = 5  # rows or columns of a matrix of entries that is written out


def views(f: Formulas) -> Iterator[Block]:
    """The gradients of all weights entry by entry."""
    for name in f.net.parameters:
        if name.startswith("W"):
            _, script = f.net.scripts[name]
            yield Details(f"The gradient of W in layer {script}: one entry, one row, the whole matrix", (_of(f, name),))


def _of(f: Formulas, name: str) -> Equations:
    v, gradient = f.net.parameters[name], f.backward.parameters[name]
    small = Math.name(name.lower(), {name.lower(): ("w", f.net.scripts[name][1])})
    ix = tuple(fresh(n, letter) for n, letter in zip(v.shape, "ij", strict=True))
    terms = tidy(terms_of(access(gradient, *ix), lambda n: closed(n) or n.op.product or n.op.name in ("add", "sub")))
    element = entries(expr_of(terms), {})

    def at(i: str, j: str) -> Math:
        return f.write.of(element, dict(zip(ix, (i, j), strict=True)))

    entry = at("i", "j")
    rows, columns = (f.net.sizes[int(f.net.scripts[name][1]) - k] for k in (0, 1))
    shown = [_labels(n) for n in (rows, columns)]

    def slope(i: str, j: str) -> Math:
        return Math.partial(C, Math.sub(small, f"{i}{j}" if len(i + j) == 2 else f"{i},{j}"))

    grid = Math.matrix([[slope(i, j) if "…" not in (i, j) else Math.sign("…") for j in shown[1]] for i in shown[0]])
    row = Math.matrix([[slope("i", j) if j != "…" else Math.sign("…") for j in shown[1]]])
    return Equations(
        (
            Row(Math.row(slope("i", "j"), EQUALS, entry), "one entry"),
            Row(Math.row(slope("1", shown[1][-1]), EQUALS, at("1", shown[1][-1])), "for example"),
            Row(Math.row(Math.partial(C, Math.sub(small, "i")), EQUALS, row), "row i"),
            Row(Math.row(f.write.slope(name), EQUALS, grid), "the whole matrix, entry by entry"),
            Row(Math.row(f.write.slope(name), EQUALS, f.write.of(gradient)), "as a product of matrices"),
        )
    )


def _labels(n: int | str) -> list[str]:
    if isinstance(n, str):
        return ["1", "2", "…", n]
    return [str(k) for k in range(1, n + 1)] if n <= WRITTEN_OUT else ["1", "2", "…", str(n)]
