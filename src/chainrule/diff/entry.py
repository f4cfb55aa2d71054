"""Derivatives of index expressions by an entry of a tensor: the rules of calculus, one case a kind of node."""

from __future__ import annotations

from chainrule.core.expr import Access, Apply, Const, Delta, Expr, Iverson, SizeValue, Sum, Var, access, const, intern
from chainrule.core.graph import at, below
from chainrule.core.index import Index, affine, fresh
from chainrule.core.primitive import Primitive, Subs
from chainrule.errors import NoRuleError, NotDifferentiable
from chainrule.primitives.arithmetic import add_p, mul_p


def depends(e: Expr, on: Expr, fixed: frozenset[Expr] = frozenset()) -> bool:
    """Whether the node `on` occurs in `e`, not looking below nodes in `fixed`."""
    seen: set[Expr] = set()
    stack = [e]
    while stack:
        node = stack.pop()
        if node is on:
            return True
        if node not in seen and node not in fixed:
            seen.add(node)
            stack += below(node)
    return False


def matches(subs: Subs, jx: Subs) -> Expr:
    """∂a[subs]/∂a[jx]: a Kronecker delta for each axis."""
    out: Expr = const(1)
    for s, j in zip(subs, jx, strict=True):
        if s is not j:
            out = _times(out, intern(Delta, s, j))
    return out


NOTHING: frozenset[Expr] = frozenset()


def derivative(e: Expr, of: Expr, jx: Subs, fixed: frozenset[Expr] = NOTHING) -> Expr | None:
    """∂e/∂of[jx] of an index expression; None if `e` does not depend on the tensor `of`. Nodes in `fixed` are held."""
    if e is of:
        return const(1)
    if e in fixed:
        return None
    match e:
        case Const() | SizeValue() | Delta() | Iverson() | Var():
            return None
        case Sum(index=k, body=b):
            if any(k in j.free for j in jx):
                new = fresh(k.size, k.hint)
                k, b = new, at(b, {k: affine(new)})
            inner = derivative(b, of, jx, fixed)
            return None if inner is None else intern(Sum, k, inner)
        case Access(tensor=t, subs=subs) if t is of:
            return matches(subs, jx)
        case Access(tensor=t, subs=subs):
            return None if t in fixed else _of_node(t, subs, of, jx, fixed)
        case Apply(op=op) if op.elementwise and not e.shape:
            return _of_elementwise(e, of, jx, fixed)
        case _:
            return _of_node(e, (), of, jx, fixed)


def _of_elementwise(e: Apply, of: Expr, jx: Subs, fixed: frozenset[Expr]) -> Expr | None:
    total: Expr | None = None
    for k, a in enumerate(e.args):
        inner = derivative(a, of, jx, fixed)
        if inner is None:
            continue
        total = _plus(total, _times(partial(e.op, k, e.args, e), inner))
    return total


def partial(op: Primitive, k: int, args: tuple[Expr, ...], y: Expr) -> Expr:
    """∂y/∂args[k] of an elementwise primitive, at scalars."""
    if op.partials is not None:
        rule = op.partials[k]
        if rule is None:
            raise NotDifferentiable(f"{op.name} has no derivative by its argument {k + 1}")
        return rule(args, y)
    if op.expand is None:
        raise NoRuleError(
            f"{op.name} has neither partials nor a definition", hint=f"add partials to {op.name} in primitives/"
        )
    return _through_definition(op, k, args)


def _through_definition(op: Primitive, k: int, args: tuple[Expr, ...]) -> Expr:
    """∂/∂args[k] from the definition, worked out on a scalar stand-in so that nothing else in the argument is met."""
    from chainrule.core.graph import replace

    stand_ins = tuple(intern(Var, f"_{n}", (), frozenset[str](), None) for n in range(len(args)))
    assert op.expand is not None
    d = derivative(op.expand(*stand_ins), stand_ins[k], ())
    return const(0) if d is None else replace(d, dict(zip(stand_ins, args, strict=True)))


def _of_node(node: Expr, subs: Subs, of: Expr, jx: Subs, fixed: frozenset[Expr]) -> Expr | None:
    """∂node[subs]/∂of[jx] for a tensor node that is not `of`."""
    if not isinstance(node, Apply) or not depends(node, of, fixed):
        return None
    op = node.op
    if op.jacobian is None:
        if op.define is None:
            raise NoRuleError(
                f"no derivative is known for {op.name}", hint=f"declare jacobian for {op.name} in primitives/"
            )
        return derivative(op.define(node.args, node.params, subs), of, jx, fixed)
    total: Expr | None = None
    for k, a in enumerate(node.args):
        if a is of:
            total = _plus(total, op.jacobian(node.args, node.params, node, subs, k, jx))
        elif depends(a, of, fixed):
            inner_ix = tuple(fresh(n, "p") for n in a.shape)
            inner = None if a in fixed else derivative(access(a, *inner_ix), of, jx, fixed)
            if inner is None:
                continue
            body = _times(op.jacobian(node.args, node.params, node, subs, k, tuple(map(affine, inner_ix))), inner)
            total = _plus(total, _summed(body, inner_ix))
    return total


def _summed(body: Expr, over: tuple[Index, ...]) -> Expr:
    for i in reversed(over):
        body = intern(Sum, i, body)
    return body


def _plus(a: Expr | None, b: Expr) -> Expr:
    return b if a is None else add_p(a, b)


def _times(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Const) and a.value == 1:
        return b
    if isinstance(b, Const) and b.value == 1:
        return a
    return mul_p(a, b)
