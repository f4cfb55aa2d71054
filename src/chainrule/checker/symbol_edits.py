"""Repairs of one symbol: another symbol, label, index or power."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.checker import syntax as s
from chainrule.checker.edit_context import Context
from chainrule.checker.labels import label_of, script
from chainrule.checker.trees import anew, spliced


def symbol_edits(node: s.Symbol | s.Scripted, c: Context) -> Iterator[tuple[str, s.Node]]:
    """Kinds of mistakes, each with what may have been meant."""
    if isinstance(node, s.Scripted):
        yield from _labels(node, c)
        yield from _indices(node, c)
    for other in c.alike(node):
        yield c.confusion(node, other), other
    yield from _powers(node, c)


def _labels(node: s.Scripted, c: Context) -> Iterator[tuple[str, s.Node]]:
    """The layer or the time step before or after."""
    for d in (1, -1):
        moved = _moved(node.sup, d) if c.layered(node) else None
        if moved is not None:
            yield "layer-off-by-one", anew(node, sup=moved)
        for k, sub in enumerate(node.subs):
            label, moved = label_of(sub), _moved(sub, d)
            if moved is not None and label is not None:
                kind = "time-off-by-one" if label[0] in c.steps else "layer-off-by-one"
                yield kind, anew(node, subs=spliced(node.subs, k, moved))


def _moved(node: s.Node | None, d: int) -> s.Node | None:
    label = label_of(node)
    if label is None or (not label[0] and label[1] + d < 0):
        return None
    return script((label[0], label[1] + d))


def _indices(node: s.Scripted, c: Context) -> Iterator[tuple[str, s.Node]]:
    """Two subscripts exchanged; another letter of the claim for one of them."""
    for k in range(len(node.subs) - 1):
        yield "wrong-sum-index", anew(node, subs=spliced(node.subs, k, node.subs[k + 1], node.subs[k], over=2))
    for k, sub in enumerate(node.subs):
        if isinstance(sub, s.Symbol):
            for letter in c.letters:
                if letter != sub.name:
                    yield "wrong-sum-index", anew(node, subs=spliced(node.subs, k, s.Symbol(letter)))


def _powers(node: s.Symbol | s.Scripted, c: Context) -> Iterator[tuple[str, s.Node]]:
    """The power that is one more or one less: h² for h, x² for x³."""
    if isinstance(node, s.Symbol):
        if c.rank(node) is not None:
            yield "other", s.Scripted(node, sup=s.whole(2))
    elif isinstance(node.sup, s.Number) and not c.layered(node) and node.sup.value.denominator == 1:
        for n in (int(node.sup.value) - 1, int(node.sup.value) + 1):
            if n > 0:
                yield "other", anew(node, sup=None if n == 1 else s.whole(n))
