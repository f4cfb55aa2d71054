"""When a cotangent is given a name during the sweep, and which of the equal forms of a result is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from chainrule.core.expr import Access, Apply, Array, Const, Expr, access, intern
from chainrule.core.graph import walk
from chainrule.core.index import Index, affine
from chainrule.core.size import ONE
from chainrule.diff.reverse import Cotangent, Freeze, closed
from chainrule.primitives.arithmetic import add_p, div_p, pow_p, sub_p
from chainrule.primitives.linalg import inv_p
from chainrule.recover.build import Context, cost, powers, variables_known
from chainrule.recover.matrix import matrix_form, recover, tensor_form
from chainrule.recover.polish import polished
from chainrule.rewrite.collecting import key
from chainrule.rewrite.products import opened_inverse
from chainrule.rewrite.ratios import fold_ratios, new_ratios
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import Multiplied, Term, Terms, TooManyTermsError, expr_of, terms_of

MANY_TERMS = 4
MANY_FACTORS = 8
BUDGET = 60  # factors, beyond which a result is not multiplied out in search of a shorter form

THIN = frozenset({"unsqueeze", "transpose", "permute", "reshape", "sum", "mean", "tr", "vec"})
OPEN = frozenset(
    {"matmul", "mul", "div", "neg", "transpose", "matpow", "sum", "mean", "tr", "diag", "eye", "ones", "unsqueeze"}
)


def without_facts_about(wrt: Sequence[Expr]) -> Callable[[Expr], bool]:
    """Facts may be used of every variable but those that the derivative is taken by."""
    banned = set(wrt)
    return lambda v: v not in banned


def freezer(e: Expr, wrt: Sequence[Expr], output: tuple[Index, ...], use: Callable[[Expr], bool]) -> Freeze:
    """Name a cotangent where it would be multiplied out or copied: before a contraction, or once it is long."""
    cx = Context(variables_known([e]), use, search=False)
    targets = set(wrt)

    def freeze(ct: Cotangent, node: Expr) -> Cotangent:
        if node in targets or not _worth_a_name(ct, node):
            return ct
        if output:
            if sum(len(t.factors) for t in ct.terms) <= 5 * MANY_FACTORS:
                return ct
            own = tuple(output) + ct.indices
            tensor: Expr = intern(Array, own, expr_of(ct.terms))
            subs = own
        else:
            tensor, subs = recover(ct.terms, ct.indices, cx), ct.indices
        if not tensor.shape:
            if max(len(t.factors) for t in ct.terms) <= 5 * MANY_FACTORS:
                return Cotangent(ct.indices, terms_of(tensor, lambda n: False))
            return Cotangent(ct.indices, [Term(Fraction(1), {tensor: Fraction(1)})])
        base = intern(Access, tensor, tuple(affine(0) if i.size is ONE else affine(i) for i in subs))
        return Cotangent(ct.indices, [Term(Fraction(1), {base: Fraction(1)})])

    return freeze


def _worth_a_name(ct: Cotangent, node: Expr) -> bool:
    if not ct.terms:
        return False
    if len(ct.terms) == 1 and len(ct.terms[0].factors) == 1 and not ct.terms[0].sums:
        return False
    factors = max(len(t.factors) for t in ct.terms)
    contraction = isinstance(node, Apply) and not node.op.elementwise and node.op.name not in THIN
    several = isinstance(node, Apply) and len(node.args) > 1 and not node.op.elementwise
    summed = any(t.sums for t in ct.terms)
    return (
        (contraction and summed)
        or (len(ct.terms) > 1 and (contraction or several))
        or len(ct.terms) > MANY_TERMS
        or factors > MANY_FACTORS
    )


Price: TypeAlias = tuple[bool, int, int, int]
"""No matrix form, operations, terms, names and signs: the smallest wins, the first of equals."""

Accept: TypeAlias = "Callable[[Expr], bool]"
"""Whether a form of a result may be shown."""


class Choice:
    """The shortest of the equal forms of a result that were tried."""

    def __init__(self, primal: Sequence[Expr], use: Callable[[Expr], bool]) -> None:
        known = self.own = variables_known(primal)
        self.contexts = tuple(
            Context(k, use, turn=turn, reuse=reuse)
            for k, reuse in ((frozenset[Expr](), False), (known, False), (known, True))
            for turn in (False, True)
        )
        self.found: list[tuple[Price, Expr, Terms]] = []
        self.seen: set[object] = set()

    @property
    def matrix(self) -> bool:
        """Whether a matrix form has been found."""
        return any(not price[0] for price, _, _ in self.found)

    def best(self, accept: Accept) -> tuple[Expr, Terms] | None:
        """The cheapest of the forms that are accepted."""
        for _, e, terms in sorted(self.found, key=lambda f: f[0]):
            if accept(e):
                return e, terms
        return None

    def offer(self, terms: Terms, out: tuple[Index, ...]) -> None:
        """Consider the terms, unless the same were offered before."""
        these = frozenset((key(t), t.coeff) for t in terms)
        if these in self.seen:
            return
        self.seen.add(these)
        for cx in self.contexts:
            if cx.turn and all(t.coeff > 0 for t in terms):
                continue
            found = matrix_form(terms, out, cx)
            if found is not None and len(out) == 2:
                found = powers(found, cx)
            if found is not None:
                found = polished(found, self.own)
            none = found is None
            if found is None:
                if self.matrix:
                    return
                found = tensor_form(terms, out, cx)
            self.found.append(((none, cost(found, frozenset()), len(terms), written(found)), found, terms))


def written(e: Expr) -> int:
    """How many names and signs an expression has when shared parts are named: the shorter of two equal costs wins."""
    return sum(1 + len(n.args) for n in walk(e) if isinstance(n, Apply))


def shortest(
    terms: Terms, out: tuple[Index, ...], primal: Expr, use: Callable[[Expr], bool], accept: Accept
) -> tuple[Expr, Terms]:
    """The result in its shortest form: as swept, with products multiplied out, with sums multiplied out.

    Forms that `accept` refuses are passed over; the index formula itself is the last resort.
    """
    choice = Choice([primal], use)
    own = frozenset(n for n in walk(primal) if isinstance(n, Apply))
    ratios = [n for n in walk(primal) if isinstance(n, Apply) and n.op is div_p]
    loose = _loose(own)
    for opens in (
        closed, _products, _new_nodes(own), loose, Multiplied(loose), _sums, _everything, Multiplied(_everything),
    ):  # fmt: skip
        opened = terms if opens is closed else reopened(terms, opens)
        if opened is None:
            continue
        _offer(choice, tidy(opened, use), out, ratios)
        split = with_inverses_opened(opened)
        if split is not opened:
            again = reopened(split, _products)
            if again is not None:
                _offer(choice, tidy(again, use), out, ratios)
    found = choice.best(accept)
    if found is not None:
        return found
    body = expr_of(terms)
    return (intern(Array, out, body) if out else body), terms


def _offer(choice: Choice, terms: Terms, out: tuple[Index, ...], ratios: Sequence[Apply]) -> None:
    choice.offer(terms, out)
    folded = fold_ratios(terms, [*ratios, *new_ratios(terms)])
    if folded is not terms:
        choice.offer(folded, out)


def with_inverses_opened(terms: Terms) -> Terms:
    """The terms with inverses of products written as products of inverses."""
    out: Terms = []
    touched = False
    for t in terms:
        factors: dict[Expr, Fraction] = {}
        for f, x in t.factors.items():
            node = f.tensor if isinstance(f, Access) else f
            new = opened_inverse(node) if isinstance(node, Apply) and node.op is inv_p else None
            touched = touched or new is not None
            factors[access(new, *f.subs) if new is not None and isinstance(f, Access) else f] = x
        out.append(Term(t.coeff, factors, t.sums))
    return out if touched else terms


def _products(n: Apply) -> bool:
    return n.op.name in OPEN or (n.op is pow_p and isinstance(n.args[1], Const))


def _new_nodes(own: frozenset[Expr]) -> Callable[[Apply], bool]:
    """Open what the sweep made, sums included, and leave the user's own sums whole."""
    return lambda n: _products(n) or (n not in own and n.op.name in ("add", "sub"))


def _loose(own: frozenset[Apply]) -> Callable[[Apply], bool]:
    """Open the user's sums too, but not those that a function is taken of: |r| and r are best seen together."""
    held = {a for n in own if n.op.elementwise and not n.op.product and n.op not in (add_p, sub_p) for a in n.args}
    return lambda n: n not in held and _sums(n)


def _everything(n: Apply) -> bool:
    return _products(n) or n.op.name in ("add", "sub")


def _sums(n: Apply) -> bool:
    """Open sums too, but for 1 − y² and the like, which are one factor to a reader."""
    if n.op.name in ("add", "sub"):
        return not any(isinstance(a, Const) for a in n.args)
    return _products(n)


def _unfolded_size(f: Expr, opens: Callable[[Apply], bool]) -> int:
    """How many factors unfolding would write, counted up to just beyond the budget."""
    total = 0
    stack = [f.tensor if isinstance(f, Access) else f]
    while stack and total <= BUDGET:
        node = stack.pop()
        total += 1
        if isinstance(node, Apply) and opens(node):
            stack += node.args * (abs(node.params[0]) if node.op.name == "matpow" else 1)
    return total


def reopened(terms: Terms, opens: Callable[[Apply], bool]) -> Terms | None:
    """The terms with the nodes that `opens` names unfolded; None if that grows too long."""
    from chainrule.rewrite.terms import factor_power, product

    if any(_unfolded_size(f, opens) > BUDGET for t in terms for f in t.factors):
        return None
    out: Terms = []
    for t in terms:
        parts: Terms = [Term(t.coeff, {}, t.sums)]
        for f, x in t.factors.items():
            try:
                parts = product(parts, factor_power(f, x, opens))
            except TooManyTermsError:
                return None
            if sum(len(p.factors) for p in parts) > BUDGET:
                return None
        out += parts
        if sum(len(p.factors) for p in out) > BUDGET:
            return None
    return out
