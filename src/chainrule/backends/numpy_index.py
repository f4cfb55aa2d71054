"""Lowering index expressions: sums of products become einsum, δ becomes substitution or a scatter, never an array.

An open node (one with free indices) is held as a sum of terms until a tensor, a scalar function or the end of a sum
asks for its values. A term is a product of reads, δ and conditions under bound indices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chainrule.backends import numpy_values
from chainrule.backends.deltas import sift
from chainrule.backends.numpy_reads import align
from chainrule.backends.numpy_tensor import tensor
from chainrule.backends.numpy_terms import Call, Grid, Read, Term, product, union
from chainrule.backends.plan import NEG, Code
from chainrule.core.expr import Access, Apply, Const, Delta, Expr, Iverson, Sum, const
from chainrule.core.graph import walk
from chainrule.core.index import Affine, Index, affine
from chainrule.core.size import ONE
from chainrule.errors import NoRuleError
from chainrule.primitives.arithmetic import div_p

if TYPE_CHECKING:
    from chainrule.backends.numpy_code import Emitter, Value

MINUS = Code("-1", NEG, (), True)


@dataclass(slots=True)
class IndexLowering:
    """The open nodes met so far, as sums of terms."""

    em: Emitter
    polys: dict[Expr, tuple[Term, ...]] = field(default_factory=dict[Expr, "tuple[Term, ...]"])
    sifted: dict[Expr, tuple[Term, ...]] = field(default_factory=dict[Expr, "tuple[Term, ...]"])
    grids: dict[Expr, Grid] = field(default_factory=dict[Expr, "Grid"])

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
        code, labels = numpy_values.grid(self.em, terms)
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
                return self._part(args[0]) + self._part(args[1])
            case "sub":
                return self._part(args[0]) + tuple(t.times("*", MINUS) for t in self._part(args[1]))
            case "neg":
                return tuple(t.times("*", MINUS) for t in self.terms(args[0]))
            case "mul":
                return self._mul(*args)
            case "div" if not args[1].free:
                below = self.em.code(args[1])
                return tuple(t.times("/", below) for t in self.terms(args[0]))
            case "div" if not isinstance(args[0], Const):
                return self._mul(args[0], div_p(const(1), args[1]))
            case _ if e.op.elementwise:
                return (Term(reads=(Call(e),)),)
            case _ if e.op.define is not None:  # of entries, not of arrays: Σ over nothing is the entry itself
                return self.terms(e.op.define(args, e.params, ()))
            case _:
                raise NoRuleError(f"{name} of a tensor that depends on an index cannot be said in generated code")

    def grid(self, e: Expr) -> Grid:
        """An open expression as an array over its free indices."""
        stack = [e]
        while stack:  # what it needs comes first, without recursion
            top = stack[-1]
            waiting = [] if top in self.grids else [d for d in self._needs(top) if d not in self.grids]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            if top not in self.grids:
                self.grids[top] = self._grid(top)
        return self.grids[e]

    def _grid(self, e: Expr) -> Grid:
        if self._nonlinear(e):
            code, labels = self._function(e)
        else:
            code, labels = numpy_values.grid(self.em, self._sifted(e))
        return (self.em.program.let(code) if labels and not code.trivial else code), labels

    def _needs(self, e: Expr) -> Iterable[Expr]:
        if self._nonlinear(e):
            assert isinstance(e, Apply)
            return [a for a in e.args if a.free]
        return [r.expr for t in self._sifted(e) for r in t.reads if isinstance(r, Call) and r.expr is not e]

    def _sifted(self, e: Expr) -> tuple[Term, ...]:
        if e not in self.sifted:
            self.sifted[e] = tuple(s for t in self.terms(e) if (s := sift(t)) is not None)
        return self.sifted[e]

    def quotient(self, e: Expr) -> tuple[Code, Code, tuple[Index, ...]] | None:
        """Number and divisor of a number over an open expression."""
        if not (isinstance(e, Apply) and e.op is div_p and not e.args[0].free):
            return None
        below, labels = self.grid(e.args[1])
        return self.em.code(e.args[0]), below, labels

    def _nonlinear(self, e: Expr) -> bool:
        terms = self.terms(e)
        return len(terms) == 1 and terms[0].reads == (Call(e),)

    def _function(self, e: Expr) -> Grid:
        """A scalar function of open expressions, the parts below it worked out first."""
        from chainrule.backends.numpy_calls import combine

        assert isinstance(e, Apply)
        parts = [self.grid(a) if a.free else (self.em.code(a), ()) for a in e.args]
        labels = union(g[1] for g in parts)
        return combine(self.em, e.op, [align(self.em, g, labels) for g in parts], e.params), labels

    def _part(self, e: Expr) -> tuple[Term, ...]:
        """The terms of a part of a sum; many that are used again, as one."""
        terms = self.terms(e)
        if len(terms) < 8 or self.em.uses[e] < 2 or any(t.deltas or t.masks or t.bound for t in terms):
            return terms
        return (Term(reads=(Call(e),)),)

    def _mul(self, a: Expr, b: Expr) -> tuple[Term, ...]:
        left, right = self._merged(a, b), self._merged(b, a)
        return tuple(product(s, t) for s in left for t in right)

    def _merged(self, e: Expr, other: Expr) -> tuple[Term, ...]:
        """A sum of several terms as one factor, unless multiplying out lets a δ or a smaller sum act."""
        terms, others = self.terms(e), self.terms(other)
        if len(terms) < 2 or (all(not t.labels for t in others) and len(terms) < 8):
            return terms
        special = any(t.deltas or t.masks or t.bound for t in terms)
        alike = len({t.labels for t in terms}) == 1
        if len(terms) * len(others) <= 16 and (special or not alike):
            return terms
        return (Term(reads=(Call(e),)),)
