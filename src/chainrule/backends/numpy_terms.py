"""Terms of index expressions: products of reads, δ and conditions under bound indices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from chainrule.backends.plan import Code
from chainrule.core.expr import Expr
from chainrule.core.graph import at as at_index
from chainrule.core.index import Affine, Index, Lookup, Quotient, Remainder, affine, fresh

Labels: TypeAlias = "tuple[Index, ...]"
Grid: TypeAlias = "tuple[Code, Labels]"  # an array, and the index that runs along each of its axes


@dataclass(frozen=True, slots=True)
class Read:
    """The entry of an array in memory at subscripts; the sizes of its axes are `code.actual`."""

    code: Code
    subs: tuple[Affine, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """The value of an open expression, worked out when its indices are settled."""

    expr: Expr

    @property
    def subs(self) -> tuple[Affine, ...]:
        return tuple(affine(i) for i in ordered(self.expr.free))


@dataclass(frozen=True, slots=True)
class Term:
    """Σ over `bound` of scale · Π reads · Π δ · Π [mask ≥ 0]."""

    reads: tuple[Read | Call, ...] = ()
    deltas: tuple[tuple[Affine, Affine], ...] = ()
    masks: tuple[Affine, ...] = ()
    bound: tuple[Index, ...] = ()
    scale: tuple[tuple[str, Code], ...] = ()

    def times(self, kind: str, code: Code) -> Term:
        return replace(self, scale=(*self.scale, (kind, code)))

    @property
    def subscripts(self) -> Iterable[Affine]:
        yield from (s for r in self.reads for s in r.subs)
        yield from (s for d in self.deltas for s in d)
        yield from self.masks

    @property
    def labels(self) -> frozenset[Index]:
        """Its free indices."""
        return frozenset(i for s in self.subscripts for i in s.free) - frozenset(self.bound)


def ordered(indices: Iterable[Index]) -> Labels:
    """Indices in the order in which they were made: the same on every run."""
    return tuple(sorted(set(indices), key=lambda i: i.uid))


def union(groups: Iterable[Labels]) -> Labels:
    """All labels, in order of first appearance."""
    return tuple(dict.fromkeys(i for g in groups for i in g))


def lookups(s: Affine) -> Iterable[Expr]:
    """The entries that a subscript reads."""
    for atom, _ in s.terms:
        match atom:
            case Lookup(e):
                yield e
            case Quotient(v, _) | Remainder(v, _):
                yield from lookups(v)
            case _:
                pass


def put(s: Affine, values: dict[Index, Affine]) -> Affine:
    """A subscript with indices replaced, inside lookups too."""
    return s.at(values, {e: at_index(e, values) for e in lookups(s)})


def substitute(t: Term, values: dict[Index, Affine]) -> Term:
    """A term with indices replaced everywhere but among the bound ones."""
    return replace(
        t,
        reads=tuple(
            Call(at_index(r.expr, values))
            if isinstance(r, Call)
            else Read(r.code, tuple(put(s, values) for s in r.subs))
            for r in t.reads
        ),
        deltas=tuple((put(a, values), put(b, values)) for a, b in t.deltas),
        masks=tuple(put(m, values) for m in t.masks),
    )


def product(a: Term, b: Term) -> Term:
    """The product of two terms; bound indices that both have, or that one has free, are renamed."""
    clash = [i for i in b.bound if i in a.bound or i in a.labels]
    b = _renamed(b, clash)
    a = _renamed(a, [i for i in a.bound if i in b.labels])
    return Term(a.reads + b.reads, a.deltas + b.deltas, a.masks + b.masks, a.bound + b.bound, a.scale + b.scale)


def _renamed(t: Term, clash: Iterable[Index]) -> Term:
    new = {i: fresh(i.size, i.hint) for i in clash}
    if not new:
        return t
    t = substitute(t, {i: affine(j) for i, j in new.items()})
    return replace(t, bound=tuple(new.get(i, i) for i in t.bound))
