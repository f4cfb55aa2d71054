"""Tidying sums of products: deltas sifted, sums done, products of functions recognised, equal terms collected.

Every rule makes a term shorter or removes a bound index or a delta, so the rewriting ends.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from chainrule.core.expr import Access, Apply, Const, Expr, Var, intern
from chainrule.core.index import Index
from chainrule.primitives.arithmetic import add_p, neg_p, sub_p
from chainrule.rewrite import facts
from chainrule.rewrite.terms import Term, Terms, collect, sift, sizes_out, terms_of

ONE = Fraction(1)


def never(e: Expr) -> bool:
    return False


def tidy(terms: Terms, use: Callable[[Expr], bool] = never) -> Terms:
    """The terms made short. `use` says for which variables facts may be used."""
    out: Terms = []
    for t in terms:
        if not t.coeff:
            continue
        sifted = sift(t)
        if sifted is None:
            continue
        done = _sums_done(_functions(sizes_out(sifted)), use)
        if done is not None:
            out.append(done)
    return collect(out, lambda e: use is not never and facts.symmetric(e) and all(use(v) for v in e.variables))


# ---------------------------------------------------------------- sums over an index that one factor has alone


def _sums_done(t: Term, use: Callable[[Expr], bool]) -> Term | None:
    for k in t.sums:
        holders = [f for f in t.factors if k in f.free]
        if len(holders) != 1 or t.factors[holders[0]] != 1 or not isinstance(holders[0], Access):
            continue
        f = holders[0]
        axes = [n for n, s in enumerate(f.subs) if k in s.free]
        if len(axes) != 1 or f.subs[axes[0]].index is not k:
            continue
        if facts.sums_to_one(f.tensor, axes[0]) and (not isinstance(f.tensor, Var) or use(f.tensor)):
            factors = {b: x for b, x in t.factors.items() if b is not f}
            others = [i for i in t.sums if i is not k]
            return _sums_done(sizes_out(Term(t.coeff, factors, tuple(others))), use)
        if _vanishes(f, k):
            return None
    return t


_zero_sums: dict[tuple[Expr, int], bool] = {}


def _vanishes(f: Access, k: Index) -> bool:
    """Whether Σ_k f is zero because f is a deviation from a mean: Σ (x − mean x) = 0."""
    node = f.tensor
    if not isinstance(node, Apply) or node.op not in (add_p, sub_p):
        return False
    axis = next(n for n, s in enumerate(f.subs) if s.index is k)
    found = _zero_sums.get((node, axis))
    if found is None:
        if len(_zero_sums) > 5_000:  # only a memo
            _zero_sums.clear()
        terms = terms_of(f, lambda n: n is node or n.op.name in ("mean", "sum", "unsqueeze", "ones", "mul", "add", "sub"))
        left: Terms = []
        for t in terms:
            sifted = sift(Term(t.coeff, t.factors, (*t.sums, k)))
            if sifted is not None:
                left.append(sizes_out(sifted))
        found = _zero_sums[node, axis] = not collect(left)
    return found


# ---------------------------------------------------------------- products of functions


def _functions(t: Term) -> Term:
    for f in list(t.factors):
        if f not in t.factors or not isinstance(_tensor(f), Apply):
            continue
        t = _function_rule(t, f)
    return t


def _tensor(f: Expr) -> Expr:
    return f.tensor if isinstance(f, Access) else f


def _with(f: Expr, tensor: Expr) -> Expr:
    """The entry of another tensor at the same place."""
    return intern(Access, tensor, f.subs) if isinstance(f, Access) else tensor


def _times(t: Term, changes: dict[Expr, int]) -> Term:
    factors = dict(t.factors)
    for f, x in changes.items():
        total = factors.get(f, Fraction(0)) + x
        if total:
            factors[f] = total
        else:
            factors.pop(f, None)
    return Term(t.coeff, factors, t.sums)


def _function_rule(t: Term, f: Expr) -> Term:
    node = _tensor(f)
    assert isinstance(node, Apply)
    name, x = node.op.name, t.factors[f]
    if name == "sign" and x >= 1:
        inner = _with(f, node.args[0])
        if x >= 2 and x.denominator == 1:
            return _function_rule(_times(t, {f: -2}), f) if x > 2 else _times(t, {f: -2})
        magnitude = _with(f, _registered("abs")(node.args[0]))
        if t.factors.get(magnitude, 0) >= 1:
            return _times(t, {f: -1, magnitude: -1, inner: 1})
    if name == "step" and x >= 1:
        inner = _with(f, node.args[0])
        relu = _with(f, _registered("relu")(node.args[0]))
        if x > 1:
            t = _times(t, {f: 1 - int(x)})
        if t.factors.get(relu, 0) >= 1:
            return _times(t, {f: -1})
        if t.factors.get(inner, 0) == 1:
            return _times(t, {f: -1, inner: -1, relu: 1})
    if node.op is add_p and x <= -1:
        return _logistic(t, f, node)
    if name == "sqrt" and x >= 2 and x.denominator == 1:
        n = int(x) // 2
        return _times(t, {f: -2 * n, _with(f, node.args[0]): n})
    return t


def _registered(name: str) -> Callable[..., Expr]:
    from chainrule.core.primitive import registry

    return registry[name]


def _logistic(t: Term, f: Expr, node: Apply) -> Term:
    """exp u / (1 + exp u) = sigmoid(u), and 1 / (1 + exp(−u)) = sigmoid(u)."""
    one, power = node.args
    if not _is_one(one):
        one, power = power, one
    if not _is_one(one) or not isinstance(power, Apply) or power.op.name != "exp":
        return t
    u = power.args[0]
    if u.shape != node.shape:
        return t
    sigmoid = _registered("sigmoid")
    e = _with(f, power)
    if t.factors.get(e, 0) >= 1:
        return _function_rule_again(_times(t, {e: -1, f: 1, _with(f, sigmoid(u)): 1}), f)
    if isinstance(u, Apply) and u.op is neg_p:
        return _function_rule_again(_times(t, {f: 1, _with(f, sigmoid(u.args[0])): 1}), f)
    return _function_rule_again(_times(t, {f: 1, _with(f, sigmoid(neg_p(u))): 1}), f)


def _function_rule_again(t: Term, f: Expr) -> Term:
    return _function_rule(t, f) if f in t.factors else t


def _is_one(e: Expr) -> bool:
    return (isinstance(e, Const) and e.value == 1) or (isinstance(e, Apply) and e.op.name == "ones")


