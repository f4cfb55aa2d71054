"""The steps of one differentiation, read off the sweep: each visit is a line of the derivation.

Every state is a true formula for ∂e/∂v: Σ over the nodes reached so far of (what they contribute) · ∂node/∂v.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from chainrule.core.expr import Access, Apply, Expr, Partial, Var, access, const, intern
from chainrule.core.index import Index, affine
from chainrule.core.size import ONE
from chainrule.diff.entry import partial
from chainrule.diff.reverse import Cotangent, Pullback, Sweep, dependent, jacobian
from chainrule.explain import checks
from chainrule.explain.step import Check, Step
from chainrule.primitives.arithmetic import add_p, mul_p
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import Term, Terms, expr_of

LINEAR = frozenset({"add", "sub", "neg", "transpose"})


class SweepSteps:
    """Replays a sweep for one variable as steps."""

    def __init__(self, expression: Expr, by: Var, sweep: Sweep, jx: tuple[Index, ...]) -> None:
        self.by, self.sweep, self.jx = by, sweep, jx
        self.entry = access(by, *jx)
        self.frontier: dict[Expr, Terms] = {}
        self.indices: dict[Expr, tuple[Index, ...]] = {}
        self.group = 0
        self.state: Expr = intern(Partial, access(expression, *sweep.output), self.entry)
        self.reaching = dependent(expression, [by])

    def steps(self) -> Iterator[Step]:
        if not self.sweep.visits:
            yield from self._at_once()
            return
        first = True
        for visit in self.sweep.visits:
            self.group += 1
            if not first:
                yield from self._named(visit.node, visit.cotangent)
            first = False
            yield from self._visit(visit)
        self.group += 1
        if self.by in self.frontier:
            yield from self._named(self.by, self.sweep.cotangents[self.by])

    def _at_once(self) -> Iterator[Step]:
        """The derivative of the variable itself, or of what does not depend on it."""
        ct = self.sweep.cotangents[self.by]
        after = self._item(self.by, ct.terms, ct.indices)
        if ct.terms:
            yield from self._step("variable", f"the entries of {self.by.name} are independent", after, None)
        else:
            yield from self._step("constant", f"it does not depend on {self.by.name}", after, None)

    # ------------------------------------------------------------ states

    def _item(self, node: Expr, terms: Terms, indices: tuple[Index, ...]) -> Expr:
        if node is self.by:
            values = {i: affine(0) if j.size is ONE else affine(j) for i, j in zip(indices, self.jx, strict=True)}
            from chainrule.rewrite.terms import moved

            return expr_of(moved(terms, values))
        factor = intern(Partial, access(node, *indices), self.entry)
        return expr_of(tidy([Term(t.coeff, {**t.factors, factor: Fraction(1)}, t.sums + indices) for t in terms]))

    def _whole(self, instead: dict[Expr, Expr] | None = None) -> Expr:
        total: Expr | None = None
        for node, terms in self.frontier.items():
            item = (instead or {}).get(node) or self._item(node, terms, self.indices[node])
            total = item if total is None else add_p(total, item)
        return const(0) if total is None else total

    def _step(
        self, rule: str, reason: str, after: Expr, check: Check | None, part: tuple[Expr, Expr] | None = None
    ) -> Iterator[Step]:
        if after is not self.state:
            yield Step(rule, reason, self.state, after, part, self.group, check)
            self.state = after

    # ------------------------------------------------------------ one visit

    def _named(self, node: Expr, going: Cotangent) -> Iterator[Step]:
        """Contributions collected, and the cotangent given a shorter form."""
        total = self.sweep.totals[node][0]
        for rule, reason, ct in (
            ("collect", "contributions of all the ways through this node are added, equal terms collected", total),
            ("matrix-form", "the sum over the bound index is a product of matrices", going),
        ):
            before, ix = self.frontier[node], self.indices[node]
            after = ct.at(tuple(affine(i) for i in ix)) if ix != ct.indices else ct.terms
            left, right = expr_of(before), expr_of(after)
            self.frontier[node] = after
            yield from self._step(
                rule, reason, self._whole(), lambda a=left, b=right: checks.equation(a, b), (left, right)
            )

    def _visit(self, visit: Pullback) -> Iterator[Step]:
        node = visit.node
        parts = [(a, p) for a, p in visit.parts if self._reaches(a)]
        self.frontier.pop(node, None)
        detail = self._details(visit) if any(a is self.by for a, _ in parts) and isinstance(node, Apply) else []
        for rule, reason, body, part in detail:
            rest = self._whole()
            state = body if not self.frontier else add_p(rest, body)
            yield from self._step(rule, reason, state, lambda v=visit: self._judge(v), part)
        for a, p in parts:
            if a in self.frontier:
                self.frontier[a] = self.frontier[a] + p.at(tuple(map(affine, self.indices[a])))
            else:
                self.frontier[a], self.indices[a] = p.terms, p.indices
        rule, reason = (
            ("sift", "a sum over a Kronecker delta keeps the one term where its indices agree")
            if detail
            else self._why(visit, parts)
        )
        yield from self._step(rule, reason, self._whole(), lambda v=visit: self._judge(v))

    def _judge(self, visit: Pullback) -> str:
        return checks.pullback(visit.node, visit.cotangent, visit.parts, self.sweep.output)

    def _reaches(self, node: Expr) -> bool:
        return node in self.reaching

    def _why(self, visit: Pullback, parts: list[tuple[Expr, Cotangent]]) -> tuple[str, str]:
        node = visit.node
        if not isinstance(node, Apply):
            return "chain-rule", "chain rule"
        still = [a for a in node.args if all(a is not b for b, _ in parts) and a.variables]
        reason = node.op.reason or "definition"
        held = ", ".join(sorted({v.name for a in still for v in a.variables if v is not self.by})[:3])
        if held and node.op.name in LINEAR:
            reason += f"; {held} held fixed"
        if node.op.name in LINEAR:
            return "linearity", reason
        if node.op.product:
            return "product-rule", reason
        return "chain-rule", reason if reason.startswith("chain rule") else f"chain rule; {reason}"

    # ------------------------------------------------------------ details where the variable itself is met

    def _details(self, visit: Pullback) -> list[tuple[str, str, Expr, tuple[Expr, Expr] | None]]:
        """Definition written out; ∂v/∂v as Kronecker deltas."""
        node, ct = visit.node, visit.cotangent
        assert isinstance(node, Apply)
        if node.op.name in LINEAR:
            return []
        out: list[tuple[str, str, Expr, tuple[Expr, Expr] | None]] = []
        ix = ct.indices
        entry = access(node, *ix)
        if node.op.define is not None and node.op.jacobian is None and not node.op.elementwise:
            subs = entry.subs if isinstance(entry, Access) else ()
            body = node.op.define(node.args, node.params, subs)
            out.append(
                (
                    "definition",
                    node.op.reason or "definition",
                    self._weighted(ct, intern(Partial, body, self.entry)),
                    (entry, body),
                )
            )
        total: Expr | None = None
        for a, p in visit.parts:
            if not self._reaches(a):
                continue
            if a is self.by:
                d = _slope(node, entry, a, self.jx, ix)
                item = None if d is None else self._weighted(ct, d)
            else:
                item = self._item(a, p.terms, p.indices)
            if item is not None:
                total = item if total is None else add_p(total, item)
        if total is not None:
            rule = "variable" if node.op.jacobian is None else "lemma"
            reason = (
                f"∂{self.by.name}/∂{self.by.name} is a Kronecker delta for each axis; the other factors are held fixed"
                if node.op.jacobian is None
                else node.op.reason
            )
            out.append((rule, reason, total, None))
        return out

    def _weighted(self, ct: Cotangent, factor: Expr) -> Expr:
        one = Fraction(1)
        return expr_of(tidy([Term(t.coeff, {**t.factors, factor: one}, t.sums + ct.indices) for t in ct.terms]))


def _slope(node: Apply, entry: Expr, arg: Expr, jx: tuple[Index, ...], ix: tuple[Index, ...]) -> Expr | None:
    """∂entry/∂arg[jx], deltas and all."""
    at_jx = tuple(affine(0) if j.size is ONE else affine(j) for j in jx)
    if not node.op.elementwise:
        return jacobian(node, entry, arg, at_jx)
    from chainrule.diff.entry import matches

    args = tuple(access(a, *ix) if a.shape else a for a in node.args)
    total: Expr | None = None
    for k, a in enumerate(node.args):
        if a is arg:
            slope = partial(node.op, k, args, entry)
            own = args[k].subs if isinstance(args[k], Access) else ()  # type: ignore[attr-defined]
            delta = matches(own, at_jx) if a.shape else const(1)
            term = delta if slope is const(1) else slope if delta is const(1) else mul_p(slope, delta)
            total = term if total is None else add_p(total, term)
    return total
