"""Equal terms found and added, whatever their bound indices are called."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping

from chainrule.core.expr import Access, Delta, Expr, Iverson
from chainrule.core.graph import at
from chainrule.core.index import Affine, Index, Quotient, Remainder, affine, fresh
from chainrule.core.size import Size
from chainrule.rewrite.terms import Term, Terms


def collect(terms: Iterable[Term], symmetric: Callable[[Expr], bool] = lambda e: False) -> Terms:
    """Equal terms added up, whatever their bound indices are called, in the order of first appearance."""
    terms = list(terms)
    if len(terms) < 2:
        return [t for t in terms if t.coeff]
    out: dict[object, Term] = {}
    for t in terms:
        k = key(t, symmetric)
        if k in out:
            out[k] = Term(out[k].coeff + t.coeff, out[k].factors, out[k].sums)
        else:
            out[k] = t
    return [t for t in out.values() if t.coeff]


def key(t: Term, symmetric: Callable[[Expr], bool] = lambda e: False) -> object:
    """What two terms that differ in coefficient or in the names of bound indices alone have in common.

    Bound indices are told apart by where they occur, refined by what they occur with; ties are tried in every order.
    """
    if not t.sums:
        return _labelled(t, {}, symmetric)
    colours: dict[Index, object] = dict.fromkeys(t.sums, 0)
    for _ in range(len(t.sums)):
        found = {k: _signature(t, k, colours, symmetric) for k in t.sums}
        ranks = {s: n for n, s in enumerate(sorted(set(found.values()), key=repr))}
        colours = {k: ranks[found[k]] for k in t.sums}
        if len(ranks) == len(t.sums):
            break
    groups = [list(g) for _, g in itertools.groupby(sorted(t.sums, key=lambda k: colours[k]), key=lambda k: colours[k])]  # type: ignore[arg-type,return-value]
    best: object = None
    orderings = itertools.product(*(itertools.permutations(g) for g in groups))
    for orders in itertools.islice(orderings, 720):  # beyond, equal terms may stay apart: longer, never wrong
        labels = {k: n for n, k in enumerate(itertools.chain.from_iterable(orders))}
        this = _labelled(t, labels, symmetric)
        if best is None or repr(this) < repr(best):
            best = this
    return best


def _name(a: Affine, labels: Mapping[Index, object], own: Index | None = None) -> object:
    if a.index is not None:
        return "self" if a.index is own else ("b", labels[a.index]) if a.index in labels else ("f", a.index.uid)
    if not any(i in labels for i in a.free):
        return ("a", id(a))
    values = tuple(
        sorted(
            ((repr(_atom_name(x, labels, own)), str(c)) for x, c in a.terms),
        )
    )
    return ("t", values, str(a.constant))


def _atom_name(x: object, labels: Mapping[Index, object], own: Index | None) -> object:
    match x:
        case Index():
            return "self" if x is own else ("b", labels[x]) if x in labels else ("f", x.uid)
        case Quotient(v, d) | Remainder(v, d):
            return (type(x).__name__, _name(v, labels, own), str(d))
        case _:
            return id(x.entry) if not x.entry.free else repr(_factor(x.entry, labels, own, lambda e: False))  # type: ignore[attr-defined]


def _factor(f: Expr, labels: Mapping[Index, object], own: Index | None, symmetric: Callable[[Expr], bool]) -> object:
    match f:
        case Access(tensor=T, subs=subs) if not T.free:
            names = [_name(s, labels, own) for s in subs]
            if len(names) == 2 and symmetric(T):
                names.sort(key=repr)
            return ("A", id(T), tuple(names))
        case Delta(left=a, right=b):
            return ("D", tuple(sorted((_name(a, labels, own), _name(b, labels, own)), key=repr)))
        case Iverson(value=a):
            return ("I", _name(a, labels, own))
        case _ if not (f.free & labels.keys()):
            return ("E", id(f))
        case _:
            values = {i: affine(_placeholder(labels[i], i.size, i is own)) for i in f.free if i in labels}
            return ("E", id(at(f, values)))


_placeholders: dict[object, Index] = {}


def _placeholder(label: object, extent: Size, own: bool) -> Index:
    k = (label, extent, own)
    if k not in _placeholders:
        _placeholders[k] = fresh(extent, "q")
    return _placeholders[k]


def _signature(t: Term, k: Index, colours: Mapping[Index, object], symmetric: Callable[[Expr], bool]) -> object:
    found = [(repr(_factor(f, colours, k, symmetric)), x) for f, x in t.factors.items() if k in f.free]
    return (str(k.size), tuple(sorted(found)))


def _labelled(t: Term, labels: Mapping[Index, object], symmetric: Callable[[Expr], bool]) -> object:
    return (len(t.sums), frozenset((_factor(f, labels, None, symmetric), x) for f, x in t.factors.items()))
