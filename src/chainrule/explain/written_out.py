"""A visit of the sweep opened: the definition, what varies in it, Kronecker deltas, and the sums that they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from chainrule.core.expr import Access, Apply, Array, Delta, Expr, Partial, Sum, Var, access, const, intern
from chainrule.core.graph import at, walk
from chainrule.core.index import Index, affine
from chainrule.core.size import ONE
from chainrule.diff.entry import matches, partial
from chainrule.diff.reverse import Cotangent, Pullback, jacobian
from chainrule.explain import checks
from chainrule.explain.reasons import LINEAR, held_fixed
from chainrule.explain.step import Check
from chainrule.explain.variation import (
    arguments,
    definition,
    deltas_of,
    factors,
    moved_out,
    product,
    settled,
    sifted,
    times,
    total,
    variations,
    weighted,
)
from chainrule.notation.pretty import shown_name
from chainrule.primitives.arithmetic import add_p, matmul_p, transpose_p
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import Term, Terms, expr_of

Equation = tuple[Expr, Expr]
SIFT = "a sum over a Kronecker delta keeps the one term where its indices agree"
OPENED = "products are written out, and Kronecker deltas put to use"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an opened visit: its own part of the state, without what waits elsewhere."""

    rule: str
    reason: str
    state: Expr
    shown: tuple[Equation, ...] = ()
    check: Check | None = None


class Written:
    """The lines into which a run of visits opens: the first node's entry is a formula of the last one's arguments."""

    def __init__(
        self,
        run: Sequence[Pullback],
        by: Var,
        jx: tuple[Index, ...],
        reaching: set[Expr],
        output: tuple[Index, ...],
        going: Cotangent,
    ) -> None:
        self.run, self.by, self.jx, self.reaching = run, by, jx, reaching
        self.ct = going
        if output and self.ct.indices and _is_seed(self.ct, output):  # a multiple of ∂e/∂e: e's own entry is the state
            self.ct = Cotangent((), [Term(self.ct.terms[0].coeff, {})])
            self.entry = access(run[0].node, *output)
        else:
            self.entry = access(run[0].node, *self.ct.indices)
        self.by_entry = access(by, *jx)
        self.nodes = [v.node for v in run if isinstance(v.node, Apply)]
        self.equations: tuple[Equation, ...] = ()
        self.done: Terms = []  # the terms of the last line, where no derivative is left in it

    @cached_property
    def opened(self) -> list[Apply]:
        """The nodes of the run, and products of two variables that are added to what varies."""
        held = [
            a
            for n in self.nodes
            if n.op.name in LINEAR
            for a in n.args
            if isinstance(a, Apply) and a.op is matmul_p and all(isinstance(b, Var) for b in a.args)
        ]
        return self.nodes + [a for a in held if a not in self.nodes]

    @cached_property
    def body(self) -> Expr:
        return definition(self.entry, self.opened)

    def meaning(self) -> tuple[Equation, ...]:
        """The definition of the first node's entry, in the letters of the state that follows."""
        if self.body is self.entry:
            return ()
        body, entry = self.body, self.entry
        if len(self.ct.terms) == 1:
            values = settled(self.ct.terms[0], self.ct.indices)[2]
            body, entry = at(body, values), at(entry, values)
        if isinstance(body, Sum):
            for a, p in self.run[-1].parts:
                for e in walk(body.body):
                    if isinstance(e, Access) and e.tensor is a:
                        axes = [n for n, s in enumerate(e.subs) if s.index is body.index]
                        if len(axes) == 1:
                            new = p.indices[axes[0]]
                            return ((entry, intern(Sum, new, at(body.body, {body.index: affine(new)}))),)
        return ((entry, body),)

    def lines(self, proof: bool) -> list[Line]:
        """The lines before the last one; none where the visit does not open."""
        last = self.run[-1].node
        if isinstance(last, Array) or not self.nodes:
            return []
        if last.op.jacobian is not None:
            return (self._proof(last) if proof else []) + self._lemma(last)
        if last.op.define is None or not any(a is self.by for a, _ in self.run[-1].parts):
            return []
        return self._varied() or self._lemma(last)

    def last(self, own: Mapping[Expr, Expr]) -> tuple[str, str, tuple[Equation, ...], Check | None]:
        """The last line: sums over deltas done."""
        after = total(list(own.values())) if own else const(0)
        if not self.done:
            return "sift", SIFT, self.equations, None
        before = expr_of(self.done)
        if not any(isinstance(n, Sum) for n in walk(before)):
            return "sift", OPENED, self.equations, lambda: checks.equation(before, after)
        return "sift", SIFT, self.equations, lambda: checks.equation(before, after)

    # ------------------------------------------------------------ from the definition

    def _varied(self) -> list[Line]:
        leaves = arguments(self.opened)
        still = variations(self.body, leaves, self._partial)
        deltas = variations(self.body, leaves, self._delta)
        if not still or not deltas:
            return []
        out: list[Line] = []
        local = checks.stand_ins(a for a in leaves)
        renamed = all(_reads_alike(n) for n in self.nodes)  # the entries are written as the argument's already
        if self.body is not self.entry and not renamed:
            reason = self.nodes[-1].op.reason if len(self.run) == 1 else ""
            reason = reason if reason.startswith("definition") else "definition, entry by entry"
            state = self._weighted([intern(Partial, self.body, self.by_entry)])
            out.append(Line("definition", reason, state, ((self.entry, self.body),), self._by_definition(local)))
        if self.nodes[-1].op is not transpose_p:
            out += self._product_rule(still)
        shown = self._deltas_shown(deltas if len(still) == 1 and not renamed else [])
        what = shown_name(self.by.name)
        reason = (
            f"the entries of {what} are independent" if self.by.shape else f"the derivative of {what} by itself is 1"
        )
        out.append(Line("variable", reason, self._weighted(deltas), shown))
        return out + self._moved_out(deltas)

    def _product_rule(self, still: Sequence[Expr]) -> list[Line]:
        held = held_fixed([a for a in arguments(self.opened) if a not in self.reaching], self.by)
        if len(still) > 1:
            rule, reason = "product-rule", "product rule: each factor varies in turn"
            if all(_bare(v) for v in still):
                rule, reason = "linearity", "the derivative of a sum is the sum of the derivatives"
        elif self.nodes[-1].op.name in LINEAR or not self.nodes[-1].op.elementwise:
            rule, reason = "linearity", "constant factors are kept" if not _bare(still[0]) else "constants drop out"
        else:
            op = self.nodes[-1].op
            rule, reason = "chain-rule", op.reason if op.reason.startswith("chain rule") else f"chain rule; {op.reason}"
            if op.product and held:
                rule, reason = "linearity", "a constant factor is kept"
        return [Line(rule, f"{reason}; {held}" if held else reason, self._weighted(still))]

    def _deltas_shown(self, deltas: Sequence[Expr]) -> tuple[Equation, ...]:
        """∂W_kl/∂W_ij = δ_ki δ_lj, and what follows for the node's entry."""
        found: list[Equation] = []

        def note(e: Expr) -> Expr | None:
            d = self._delta(e)
            if _tensor(e) is self.by and d is not None and not found and self.by.shape:
                found.append((intern(Partial, e, self.by_entry), d))
            return d

        variations(self.body, arguments(self.opened), note)
        if found and deltas and found[0][0] is not intern(Partial, self.entry, self.by_entry):
            found.append((intern(Partial, self.entry, self.by_entry), total(deltas)))
        return tuple(found)

    def _moved_out(self, deltas: Sequence[Expr]) -> list[Line]:
        pure = [d for d in deltas if not any(isinstance(f, Partial) for f in walk(d, stop=self.opened))]
        moved = [t for d in pure for t in weighted(self.ct.terms, self.ct.indices, product(moved_out(d)))]
        self.equations = tuple(dict.fromkeys(e for t in moved for e in sifted(t)))
        if len(pure) < len(deltas):
            return []
        self.done = moved
        if len(deltas) > 1 or moved_out(deltas[0]) == factors(deltas[0]):
            return []
        before, after = self._weighted(deltas), expr_of(self.done)
        reason = "what does not depend on the index of a sum moves out of it"
        return [Line("linearity", reason, after, (), lambda: checks.equation(before, after))]

    def _partial(self, e: Expr) -> Expr | None:
        return intern(Partial, e, self.by_entry) if _tensor(e) in self.reaching else None

    def _delta(self, e: Expr) -> Expr | None:
        if _tensor(e) is self.by:
            return deltas_of(e.subs, self.jx) if isinstance(e, Access) else const(1)
        return self._partial(e)

    def _weighted(self, summands: Sequence[Expr]) -> Expr:
        return expr_of([t for e in summands for t in weighted(self.ct.terms, self.ct.indices, e)])

    def _by_definition(self, names: Mapping[Expr, Expr]) -> Check:
        from chainrule.core.graph import replace
        from chainrule.judge.judge import judge_step

        def check() -> str:
            return judge_step(replace(self.entry, names), replace(self.body, names)).how

        return check

    # ------------------------------------------------------------ functions with a closed form

    def _proof(self, node: Apply) -> list[Line]:
        """The definition, and its derivative by the rules of calculus, before the closed form is read off."""
        leaves = arguments([node])
        if len(self.run) > 1:
            return []
        body, entry = self.body, self.entry
        still = variations(body, leaves, self._partial)
        if not still or body is entry:
            return []
        state = self._weighted([intern(Partial, body, self.by_entry)])
        quotient = node.op.name == "softmax"
        return [
            Line("definition", "definition", state, ((entry, body),), self._by_definition(checks.stand_ins(leaves))),
            Line(
                "chain-rule",
                "quotient rule (u/v)′ = (u′v − uv′)/v²" if quotient else "chain rule",
                self._weighted(still),
            ),
        ]

    def _lemma(self, node: Apply) -> list[Line]:
        """The closed form of the derivative, its deltas not yet summed over."""
        if not any(a is self.by for a, _ in self.run[-1].parts) or len(self.run) > 1:
            return []
        state: Expr | None = None
        for a, p in self.run[-1].parts:
            if a not in self.reaching:
                continue
            if a is self.by:
                d = _slope(node, self.entry, a, self.jx)
                item = None if d is None else self._weighted([d])
            else:
                factor = intern(Partial, access(a, *p.indices), self.by_entry)
                item = expr_of(
                    tidy([Term(t.coeff, {**t.factors, factor: Fraction(1)}, t.sums + p.indices) for t in p.terms])
                )
            if item is not None:
                state = item if state is None else add_p(state, item)
        if state is None or not any(isinstance(n, Delta) for n in walk(state)):
            return []  # the closed form has nothing left to be summed over
        return [Line("lemma" if node.op.jacobian is not None else "chain-rule", node.op.reason or "definition", state)]


def _is_seed(ct: Cotangent, output: tuple[Index, ...]) -> bool:
    """Whether it is a number times a Kronecker delta for each axis."""
    if len(ct.terms) != 1 or ct.terms[0].sums or len(ct.indices) != len(output):
        return False
    wanted = {intern(Delta, affine(a), affine(b)) for a, b in zip(output, ct.indices, strict=True)}
    return set(ct.terms[0].factors) == wanted


def _tensor(e: Expr) -> Expr:
    return e.tensor if isinstance(e, Access) else e


def _reads_alike(node: Apply) -> bool:
    """Whether an entry is written as its definition is: (Aᵀ)_ij as A_ji, f(x)_i as f(x_i)."""
    return node.op is transpose_p or (node.op.elementwise and not node.op.product and node.op.name not in LINEAR)


def _bare(e: Expr) -> bool:
    while isinstance(e, Apply) and e.op.name == "neg":
        e = e.args[0]
    return isinstance(e, Partial)


def _slope(node: Apply, entry: Expr, arg: Expr, jx: tuple[Index, ...]) -> Expr | None:
    """∂entry/∂arg[jx], deltas and all."""
    at_jx = tuple(affine(0) if j.size is ONE else affine(j) for j in jx)
    if not node.op.elementwise:
        return jacobian(node, entry, arg, at_jx)
    ix = entry.subs if isinstance(entry, Access) else ()
    args = tuple(access(a, *ix) if a.shape else a for a in node.args)
    slopes: list[Expr] = []
    for k, a in enumerate(node.args):
        if a is arg:
            own = args[k].subs if isinstance(args[k], Access) else ()  # type: ignore[attr-defined]
            delta = matches(own, at_jx) if a.shape else const(1)
            slopes.append(times(partial(node.op, k, args, entry), delta))
    return total(slopes) if slopes else None
