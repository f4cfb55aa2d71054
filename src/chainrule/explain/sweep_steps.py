"""The steps of one differentiation, read off the sweep: each visit is a group of lines of the derivation.

Every state is a true formula for ∂e/∂v: Σ over the nodes reached so far of (what they contribute) · ∂node/∂v.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from chainrule.core.expr import Access, Apply, Expr, Partial, Var, access, const, intern
from chainrule.core.index import Index, affine
from chainrule.core.size import ONE
from chainrule.diff.reverse import Cotangent, Pullback, Sweep, dependent
from chainrule.explain import checks
from chainrule.explain.reasons import LINEAR, PROVED, facts_used, recognised, why
from chainrule.explain.step import Check, Step
from chainrule.explain.written_out import Written
from chainrule.primitives.arithmetic import add_p
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import Term, Terms, expr_of, moved

Equation = tuple[Expr, Expr]
LONGEST_RUN = 12  # operations that are written out as one formula
MANY_TERMS = 24  # contributions to one node, from which on they are added up as they come
NAMING = "what has been worked out so far gets a name"


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
        self.proved: set[str] = set()  # functions whose derivative has been worked out in an earlier step

    def steps(self) -> Iterator[Step]:
        visits = self.sweep.visits
        if not visits:
            yield from self._at_once()
            return
        n = 0
        while n < len(visits):
            self.group += 1
            run, going = self._run(n)
            if n or going is not visits[n].cotangent:
                yield from self._named(visits[n].node, going)
                self.group += 1
            yield from self._visit(run, going)
            n += len(run)
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
            return expr_of(moved(terms, values))
        factor = intern(Partial, access(node, *indices), self.entry)
        return expr_of(tidy([Term(t.coeff, {**t.factors, factor: Fraction(1)}, t.sums + indices) for t in terms]))

    def _whole(self) -> Expr:
        total: Expr | None = None
        for node, terms in self.frontier.items():
            item = self._item(node, terms, self.indices[node])
            total = item if total is None else add_p(total, item)
        return const(0) if total is None else total

    def _step(
        self,
        rule: str,
        reason: str,
        after: Expr,
        check: Check | None,
        shown: tuple[Equation, ...] = (),
        named: Expr | None = None,
    ) -> Iterator[Step]:
        if after is not self.state:
            part = shown[0] if shown else None
            yield Step(rule, reason, self.state, after, part, self.group, check, shown, named)
            self.state = after

    # ------------------------------------------------------------ cotangents

    def _named(self, node: Expr, going: Cotangent) -> Iterator[Step]:
        """Contributions collected, and the cotangent given a shorter form."""
        total = self.sweep.totals[node][0]
        ix = self.indices[node]
        before = self.frontier[node]
        after = _at(total, ix)
        left, right = expr_of(before), expr_of(after)
        self.frontier[node] = after
        yield from self._step("collect", _collecting(before, after), self._whole(), _equation(left, right))
        self.frontier[node] = _at(going, ix)
        left, right = right, expr_of(self.frontier[node])
        named = right.tensor if isinstance(right, Access) else None
        shown = ((right, left),) if named is not None else ()
        signal = named if isinstance(named, Apply) and named.op.elementwise else None
        reason = "sums over bound indices are products of matrices" if signal is None else NAMING
        yield from self._step("matrix-form", reason, self._whole(), _equation(left, right), shown, signal)

    # ------------------------------------------------------------ one visit

    def _run(self, n: int) -> tuple[list[Pullback], Cotangent]:
        """A visit with those after it that are one with it: y = W x + b is one formula, not two.

        With it goes the cotangent of the first node, in the form that it has further down where it passes unchanged.
        """
        visits = self.sweep.visits
        run, ct = [visits[n]], visits[n].cotangent
        while n + len(run) < len(visits) and len(run) < LONGEST_RUN:
            last, then = run[-1], visits[n + len(run)]
            if not (isinstance(last.node, Apply) and last.node.op.name in LINEAR and len(last.parts) == 1):
                break
            arg, part = last.parts[0]
            if then.node is not arg or arg in self.frontier or not isinstance(arg, Apply):
                break
            if len(run) > 1 and len(set(last.node.args)) < len(last.node.args):
                break  # x + x of y + y: written out, each is twice as long as the one before
            if not (arg.op.name in LINEAR or _contracts(arg)):
                break
            total, going = self.sweep.totals[arg]
            if expr_of(total.terms) is not expr_of(part.terms):
                break
            if going.terms is not total.terms:
                if n == 0 or part.indices != ct.indices or expr_of(part.terms) is not expr_of(ct.terms):
                    break
                return [*run, then], going
            run.append(then)
        return run, ct

    def _visit(self, run: list[Pullback], going: Cotangent) -> Iterator[Step]:
        first, last = run[0], run[-1]
        parts = [(a, p) for a, p in last.parts if a in self.reaching]
        self.frontier.pop(first.node, None)
        written = Written(run, self.by, self.jx, self.reaching, self.sweep.output, going)
        judged = self._judge(run)
        direct = any(a is self.by for a, _ in parts)
        known = self._known(last.node)
        open_ = [] if known and not direct else written.lines(proof=not known)
        rest = self._whole() if self.frontier else None
        for line in open_:
            check = line.check or judged
            after = line.state if rest is None else add_p(rest, line.state)
            yield from self._step(line.rule, line.reason, after, check, line.shown)
        for a, p in parts:
            if a in self.frontier:
                both = self.frontier[a] + p.at(tuple(map(affine, self.indices[a])))
                self.frontier[a] = both if len(both) < MANY_TERMS else tidy(both)
            else:
                self.frontier[a], self.indices[a] = p.terms, p.indices
        if direct and open_:
            own = {a: self._item(a, p.terms, p.indices) for a, p in parts}
            rule, reason, shown, check = written.last(own)
        else:
            rule, reason = why(last.node, [a for a, _ in parts], self.by)
            reason += recognised(last.node, expr_of([t for _, p in parts for t in p.terms]), expr_of(going.terms))
            shown = written.meaning() if len(run) > 1 or rule == "definition" or _contracts(last.node) else ()
            check = None
        yield from self._step(rule, reason, self._whole(), check or judged, shown)

    def _known(self, node: Expr) -> bool:
        """Whether the derivative of this function need not be worked out here."""
        if not isinstance(node, Apply) or node.op.name not in PROVED:
            return True
        name = node.op.name
        known = name in self.proved
        self.proved.add(name)
        return known

    def _judge(self, run: Sequence[Pullback]) -> Check:
        found: list[str] = []  # several steps of one visit stand and fall with its pullback

        def check() -> str:
            if not found:
                hows = [checks.pullback(v.node, v.cotangent, v.parts, self.sweep.output) for v in run]
                found.append(next((h for h in hows if h not in checks.GOOD), "judged" if "judged" in hows else hows[0]))
            return found[0]

        return check


def _contracts(node: Expr) -> bool:
    return isinstance(node, Apply) and node.op.product and not node.op.elementwise


def _at(ct: Cotangent, ix: tuple[Index, ...]) -> Terms:
    return ct.at(tuple(map(affine, ix))) if ix != ct.indices else ct.terms


def _equation(left: Expr, right: Expr) -> Callable[[], str]:
    return lambda: checks.equation(left, right)


def _collecting(before: Terms, after: Terms) -> str:
    used = facts_used(before, after)
    return "terms of all the ways through this node are added up" + (f"; given: {used}" if used else "")
