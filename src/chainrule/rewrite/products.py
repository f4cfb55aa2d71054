"""Products of functions that are one function: exp u / (1 + exp u) = sigmoid u, x · sign x = |x|, A A⁻¹ = 1.

A rule looks at one factor of a term, by the name of its function, and gives a shorter term or None. Rules hold wherever
both sides are defined, off kinks.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from chainrule.core.expr import Access, Apply, Const, Delta, Expr, Var, access, intern
from chainrule.core.index import Affine, Index
from chainrule.core.primitive import registry
from chainrule.primitives.arithmetic import div_p, matmul_p, mul_p, neg_p, sub_p
from chainrule.rewrite.facts import chain, onehot
from chainrule.rewrite.sifting import sift
from chainrule.rewrite.terms import Term

Use: TypeAlias = "Callable[[Expr], bool]"
Rule: TypeAlias = "Callable[[Term, Expr, Apply], Term | None]"

_rules: dict[str, list[Rule]] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Declare a rule for factors that are entries of these functions."""

    def note(r: Rule) -> Rule:
        for name in names:
            _rules.setdefault(name, []).append(r)
        return r

    return note


def functions(t: Term, use: Use) -> Term:
    """The term with its products of functions recognised."""
    again = True
    while again:
        again = False
        for f in list(t.factors):
            node = f.tensor if isinstance(f, Access) else f
            new = None
            if isinstance(node, Var) and node.props:
                new = _powers_of_facts(t, f, node, use)
            elif isinstance(node, Apply):
                new = next((n for r in _rules.get(node.op.name, ()) if (n := r(t, f, node)) is not None), None)
            if new is not None:
                t, again = new, True
                break
    return t


def changed(t: Term, changes: dict[Expr, int | Fraction]) -> Term:
    """The term with exponents of factors changed by these amounts."""
    factors = dict(t.factors)
    for f, x in changes.items():
        total = factors.get(f, Fraction(0)) + x
        if total:
            factors[f] = Fraction(total)
        else:
            factors.pop(f, None)
    return Term(t.coeff, factors, t.sums)


def beside(f: Expr, tensor: Expr) -> Expr:
    """The entry of another tensor at the place of f."""
    if not tensor.shape or not isinstance(f, Access):
        return tensor
    return access(tensor, *f.subs)


def apply(name: str, *args: Expr) -> Expr:
    return registry[name](*args)


def negated(e: Expr) -> Expr:
    """−e with the sign taken off a factor that has one."""
    found = _unsigned(e)
    return neg_p(e) if found is None else found


def _unsigned(e: Expr) -> Expr | None:
    if isinstance(e, Apply):
        if e.op is neg_p:
            return e.args[0]
        if e.op in (mul_p, matmul_p, div_p):
            a = _unsigned(e.args[0])
            if a is not None:
                return e.op(a, e.args[1])
    return None


def _powers_of_facts(t: Term, f: Expr, v: Var, use: Use) -> Term | None:
    """Entries that are 0 or 1 equal their powers; entries that are ±1 have the square 1."""
    x = t.factors[f]
    if x < 2 or x.denominator != 1 or not use(v):
        return None
    if "binary" in v.props or onehot(v):
        return changed(t, {f: 1 - x})
    if "pm1" in v.props:
        return changed(t, {f: -(x - x % 2)})
    return None


@rule("sign")
def sign_products(t: Term, f: Expr, node: Apply) -> Term | None:
    """sign² = 1 and |x| · sign x = x, off zero."""
    x = t.factors[f]
    if x >= 2 and x.denominator == 1:
        return changed(t, {f: -(x - x % 2)})
    inner = beside(f, node.args[0])
    magnitude = beside(f, apply("abs", node.args[0]))
    if x == 1 and t.factors.get(magnitude, 0) >= 1:
        return changed(t, {f: -1, magnitude: -1, inner: 1})
    return None


@rule("step")
def step_products(t: Term, f: Expr, node: Apply) -> Term | None:
    """step² = step, step x · relu x = relu x and x · step x = relu x."""
    x = t.factors[f]
    if x > 1:
        return changed(t, {f: 1 - x})
    if x < 1:
        return None
    inner, relu = beside(f, node.args[0]), beside(f, apply("relu", node.args[0]))
    if t.factors.get(relu, 0) >= 1:
        return changed(t, {f: -1})
    if t.factors.get(inner, 0) == 1:
        return changed(t, {f: -1, inner: -1, relu: 1})
    return None


@rule("add")
def logistic(t: Term, f: Expr, node: Apply) -> Term | None:
    """exp u / (1 + exp u) = sigmoid u, and 1 / (1 + exp u) = sigmoid(−u)."""
    if t.factors[f] > -1:
        return None
    one, power = node.args
    if not _is_one(one):
        one, power = power, one
    if not _is_one(one) or not isinstance(power, Apply) or power.op.name != "exp":
        return None
    u, e = power.args[0], beside(f, power)
    if u.shape != node.shape:
        return None
    if t.factors.get(e, 0) >= 1:
        return changed(t, {e: -1, f: 1, beside(f, apply("sigmoid", u)): 1})
    return changed(t, {f: 1, beside(f, apply("sigmoid", negated(u))): 1})


@rule("sigmoid")
def doubly_negative(t: Term, f: Expr, node: Apply) -> Term | None:
    """sigmoid(−(−u)) is sigmoid(u)."""
    u = node.args[0]
    if isinstance(u, Apply) and u.op is neg_p and (plain := _unsigned(u.args[0])) is not None:
        x = t.factors[f]
        return changed(t, {f: -x, beside(f, node.op(plain)): x})
    return None


@rule("add")
def chosen_branch(t: Term, f: Expr, node: Apply) -> Term | None:
    """(1 + sign(b − a)) · min(a, b) = (1 + sign(b − a)) · a, and so for max: the sign says which one it is."""
    one, sign = node.args
    if not _is_one(one) or not isinstance(sign, Apply) or sign.op.name != "sign" or t.factors[f] < 1:
        return None
    difference = sign.args[0]
    if not isinstance(difference, Apply) or difference.op is not sub_p:
        return None
    large, small = difference.args
    for name, value in (("minimum", small), ("maximum", large)):
        for pair in ((large, small), (small, large)):
            g = beside(f, apply(name, *pair))
            if g in t.factors:
                x = t.factors[g]
                return changed(t, {g: -x, beside(f, value): x})
    return None


@rule("exp")
def exponential_times_logistic(t: Term, f: Expr, node: Apply) -> Term | None:
    """exp u · sigmoid(−u) = sigmoid u."""
    other = beside(f, apply("sigmoid", negated(node.args[0])))
    if t.factors[f] >= 1 and t.factors.get(other, 0) >= 1:
        return changed(t, {f: -1, other: -1, beside(f, apply("sigmoid", node.args[0])): 1})
    return None


@rule("sum")
def normalised_exponential(t: Term, f: Expr, node: Apply) -> Term | None:
    """exp u_i / Σ_k exp u_k = softmax(u)_i."""
    power = node.args[0]
    if t.factors[f] > -1 or not isinstance(power, Apply) or power.op.name != "exp":
        return None
    axes = node.params[0] if node.params[0] is not None else tuple(range(power.ndim))
    if len(axes) != 1:
        return None
    outside = list(f.subs) if isinstance(f, Access) else []
    if node.params[1]:
        outside.pop(axes[0])
    for e, x in t.factors.items():
        if x >= 1 and isinstance(e, Access) and e.tensor is power:
            rest = [s for n, s in enumerate(e.subs) if n != axes[0]]
            if rest == outside:
                soft = registry["softmax"](power.args[0], params=(axes[0],))
                return changed(t, {e: -1, f: 1, access(soft, *e.subs): 1})
    return None


@rule("cosh", "cos")
def tangents(t: Term, f: Expr, node: Apply) -> Term | None:
    """sinh u / cosh u = tanh u and sin u / cos u = tan u."""
    hyperbolic = node.op.name == "cosh"
    above = beside(f, apply("sinh" if hyperbolic else "sin", node.args[0]))
    if t.factors[f] <= -1 and t.factors.get(above, 0) >= 1:
        return changed(t, {f: 1, above: -1, beside(f, apply("tanh" if hyperbolic else "tan", node.args[0])): 1})
    return None


@rule("sqrt")
def roots(t: Term, f: Expr, node: Apply) -> Term | None:
    """(√u)² = u and u / √u = √u."""
    x, inner = t.factors[f], beside(f, node.args[0])
    if x >= 2 and x.denominator == 1:
        n = x // 2
        return changed(t, {f: -2 * n, inner: n})
    if x <= -1 and t.factors.get(inner, 0) >= 1:
        return changed(t, {f: 2, inner: -1})
    return None


@rule("pow")
def powers(t: Term, f: Expr, node: Apply) -> Term | None:
    """a · a^(b−1) = a^b."""
    base, exponent = node.args
    if t.factors[f] != 1 or not isinstance(exponent, Apply) or exponent.op is not sub_p:
        return None
    whole, one = exponent.args
    a = beside(f, base)
    if isinstance(one, Const) and one.value == 1 and t.factors.get(a, 0) >= 1:
        return changed(t, {f: -1, a: -1, beside(f, node.op(base, whole)): 1})
    return None


def _is_one(e: Expr) -> bool:
    return (isinstance(e, Const) and e.value == 1) or (isinstance(e, Apply) and e.op.name == "ones")


# ---------------------------------------------------------------- contractions that are identities


def inverses(t: Term, use: Use) -> Term | None:
    """A A⁻¹ = 1, and Q Qᵀ = 1 for orthogonal Q: such a contraction is a Kronecker delta, sifted at once."""
    for k in t.sums:
        holders = [f for f in t.factors if k in f.free]
        if len(holders) != 2 or any(
            t.factors[f] != 1 or not isinstance(f, Access) or f.tensor.ndim != 2 for f in holders
        ):
            continue
        a, b = holders
        assert isinstance(a, Access)
        assert isinstance(b, Access)
        ends = _identity(a, b, k, use) or _identity(b, a, k, use)
        if ends is not None:
            factors = {f: x for f, x in t.factors.items() if f is not a and f is not b}
            factors[intern(Delta, *ends)] = Fraction(1)
            sifted = sift(Term(t.coeff, factors, tuple(i for i in t.sums if i is not k)))
            return None if sifted is None else inverses(sifted, use)
    return t


def _identity(a: Access, b: Access, k: Index, use: Use) -> tuple[Affine, Affine] | None:
    """The two outer subscripts of Σ_k a b if it is the identity."""
    if (a.subs[0].index is k and a.subs[1].index is k) or (b.subs[0].index is k and b.subs[1].index is k):
        return None
    at_a = 0 if a.subs[0].index is k else 1
    at_b = 0 if b.subs[0].index is k else 1
    if a.subs[at_a].index is not k or b.subs[at_b].index is not k:
        return None
    node = b.tensor
    ends = (a.subs[1 - at_a], b.subs[1 - at_b])
    if isinstance(node, Apply) and node.op.name == "inv" and node.args[0] is a.tensor:
        symmetric = facts_symmetric(a.tensor, use)
        return ends if at_a != at_b or symmetric else None
    if a.tensor is b.tensor and isinstance(a.tensor, Var) and "orthogonal" in a.tensor.props and use(a.tensor):
        return ends if at_a == at_b else None
    return None


def facts_symmetric(e: Expr, use: Use) -> bool:
    from chainrule.rewrite.facts import symmetric

    return symmetric(e) and all(use(v) for v in e.variables)


def opened_inverse(node: Apply) -> Expr | None:
    """The inverse of a product of square matrices as a product of inverses; of an inverse, the matrix."""
    inner = node.args[0]
    if isinstance(inner, Apply) and inner.op.name == "inv":
        return inner.args[0]
    parts = chain(inner)
    if len(parts) < 2 or any(p.ndim != 2 or p.shape[0] is not p.shape[1] for p, _ in parts):
        return None
    out: Expr | None = None
    for p, flipped in reversed(parts):
        i = registry["inv"](p)
        i = registry["transpose"](i) if flipped else i
        out = i if out is None else matmul_p(out, i)
    return out
