"""Lowering index expressions: sums of products become einsum, δ becomes substitution or a scatter, never an array.

An open node (one with free indices) is held as a sum of terms until a tensor, a scalar function or the end of a sum asks
for its values. A term is a product of reads, δ and conditions under bound indices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainrule.backends import numpy_terms
from chainrule.backends.numpy_tensor import tensor
from chainrule.backends.numpy_terms import Read, Term
from chainrule.backends.plan import NEG, Code
from chainrule.core.expr import Access, Apply, Const, Delta, Expr, Iverson, Sum, walk
from chainrule.core.index import Affine, Index, affine
from chainrule.core.size import ONE
from chainrule.errors import NoRuleError

if TYPE_CHECKING:
    from chainrule.backends.numpy_code import Emitter, Value

MINUS = Code("-1", NEG, (), True)


@dataclass(slots=True)
class IndexLowering:
    """The open nodes met so far, as sums of terms."""

    em: Emitter
    polys: dict[Expr, tuple[Term, ...]]

    def __init__(self, em: Emitter) -> None:
        self.em, self.polys = em, {}

    def add(self, e: Expr) -> None:
        """Take note of an open node; what stands below it has been."""
        if e.shape:
            return  # an open tensor is read through its definition; prepare saw to that
        self.polys[e] = self._terms(e)

    def array(self, indices: tuple[Index, ...], body: Expr) -> Value:
        """The tensor whose entry at `indices` is `body`."""
        terms = self._terms(body) if not indices and not body.free else self.terms(body)
        return tensor(self.em, terms, indices)

    def terms(self, e: Expr) -> tuple[Term, ...]:
        """A node as a sum of terms; a closed node is one number."""
        if not e.free:
            return (Term(scale=(("*", self.em.code(e)),)),)
        if e not in self.polys:  # an entry that a substitution made
            for node in walk(e):
                if node.free and node not in self.polys:
                    self.add(node)
        if e not in self.polys:
            raise NoRuleError("this tensor depends on an index and has no entries that can be read one by one")
        return self.polys[e]

    def _terms(self, e: Expr) -> tuple[Term, ...]:
        match e:
            case Access(tensor, subs):
                return (Term(reads=(self._read(tensor, subs),)),)
            case Delta(a, b):
                return (Term(deltas=((a, b),)),)
            case Iverson(a):
                return (Term(masks=(a,)),)
            case Sum(index, body):
                return self._sum(e, index, self.terms(body))
            case Apply(op, args, _):
                return self._apply(e, op.name, args)
            case _:
                raise NoRuleError(f"{type(e).__name__} cannot be said in generated code")

    def _sum(self, e: Sum, index: Index, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        out = tuple(replace(t, bound=(*t.bound, index)) for t in terms)
        if self.em.uses[e] < 2 or not e.free or any(t.deltas or t.masks for t in out):
            return out
        return (self._named(out),)

    def _named(self, terms: tuple[Term, ...]) -> Term:
        """A sum of terms as one read of an array."""
        code, labels = numpy_terms.grid(self.em, terms)
        if not labels:
            return Term(scale=(("*", code),))
        return Term(reads=(Read(self.em.program.let(code), tuple(affine(i) for i in labels)),))

    def _read(self, tensor: Expr, subs: tuple[Affine, ...]) -> Read:
        if tensor.free:
            raise NoRuleError("this tensor depends on an index and has no entries that can be read one by one")
        code = self.em.code(tensor)
        if code.bool:
            code = self.em.dense(tensor)
        if not code.trivial:
            code = self.em.program.let(code)
        drop = len(tensor.shape) - len(code.actual)
        kept = tuple(affine(0) if n is ONE else s for s, n in zip(subs[drop:], code.actual, strict=True))
        return Read(code, kept)

    def _apply(self, e: Apply, name: str, args: tuple[Expr, ...]) -> tuple[Term, ...]:
        match name:
            case "add":
                return self.terms(args[0]) + self.terms(args[1])
            case "sub":
                return self.terms(args[0]) + tuple(t.times("*", MINUS) for t in self.terms(args[1]))
            case "neg":
                return tuple(t.times("*", MINUS) for t in self.terms(args[0]))
            case "mul":
                return self._mul(self.terms(args[0]), self.terms(args[1]))
            case "div" if not args[1].free:
                below = self.em.code(args[1])
                return tuple(t.times("/", below) for t in self.terms(args[0]))
            case "div" if not isinstance(args[0], Const):
                one = (Term(),)
                return self._mul(self.terms(args[0]), (self._scalar_function(e, one, self.terms(args[1])),))
            case _:
                return (self._scalar_function(e, *(self.terms(a) for a in args)),)

    def _scalar_function(self, e: Apply, *args: tuple[Term, ...]) -> Term:
        from chainrule.backends.numpy_calls import combine

        grids = [numpy_terms.grid(self.em, a) for a in args]
        labels = numpy_terms.union(g[1] for g in grids)
        codes = [numpy_terms.align(self.em, g, labels) for g in grids]
        code = combine(self.em, e.op, codes, e.params)
        if not labels:
            return Term(scale=(("*", code),))
        code = self.em.program.let(code) if not code.trivial else code
        return Term(reads=(Read(code, tuple(affine(i) for i in labels)),))

    def _mul(self, left: tuple[Term, ...], right: tuple[Term, ...]) -> tuple[Term, ...]:
        left, right = self._merged(left, right), self._merged(right, left)
        return tuple(numpy_terms.product(a, b) for a in left for b in right)

    def _merged(self, terms: tuple[Term, ...], other: tuple[Term, ...]) -> tuple[Term, ...]:
        """A sum of several terms as one factor, unless multiplying out lets a δ or a smaller sum act."""
        if len(terms) < 2 or all(not t.labels for t in other) and len(terms) < 8:
            return terms
        special = any(t.deltas or t.masks or t.bound for t in terms)
        alike = len({t.labels for t in terms}) == 1
        if len(terms) * len(other) <= 16 and (special or not alike):
            return terms
        code, labels = numpy_terms.grid(self.em, terms)
        code = self.em.program.let(code) if not code.trivial else code
        return (Term(reads=(Read(code, tuple(affine(i) for i in labels)),)),)
