"""The last touch on a recovered form: signs, zeros and numbers that no person would leave as they came about."""

from __future__ import annotations

from collections.abc import Container

from chainrule.core.expr import Apply, Const, Expr, const
from chainrule.core.graph import children, rebuild, walk
from chainrule.primitives.arithmetic import add_p, matmul_p, mul_p, neg_p, sub_p
from chainrule.primitives.linalg import zeros_p
from chainrule.recover.build import Context, negate


def polished(e: Expr, keep: Container[Expr]) -> Expr:
    """The expression without x − 0, x − (−1), a ⊙ −b, 8 (512 x) and products with zeros; nodes in `keep` stay."""
    done: dict[Expr, Expr] = {}
    for node in walk(e):
        if node in keep or node.free:
            done[node] = node
            continue
        kids = {c: done[c] for c in children(node)}
        new = node if all(a is b for a, b in kids.items()) else rebuild(node, {**done, **kids})
        done[node] = _touched(new) if isinstance(new, Apply) and new.shape == node.shape else new
    return done[e]


def _touched(e: Apply) -> Expr:
    args = e.args
    if e.op in (add_p, sub_p) and isinstance(args[1], Const):
        c = args[1].value
        if c == 0 and args[0].shape == e.shape:
            return args[0]
        if c < 0:
            return (sub_p if e.op is add_p else add_p)(args[0], const(-c))
    if e.op in (mul_p, matmul_p):
        if any(_is_zero(a) for a in args):
            return zeros_p(params=e.shape) if e.shape else const(0)
        a, b = args
        if isinstance(b, Apply) and b.op is neg_p:
            return negate(e.op(a, b.args[0]), Context())
        if isinstance(a, Const) and isinstance(b, Apply) and b.op is mul_p and isinstance(b.args[0], Const):
            return mul_p(const(a.value * b.args[0].value), b.args[1])
    return e


def _is_zero(e: Expr) -> bool:
    if isinstance(e, Apply) and e.op.name in ("transpose", "unsqueeze"):
        return _is_zero(e.args[0])
    return (isinstance(e, Apply) and e.op is zeros_p) or (isinstance(e, Const) and e.value == 0)
