"""How steps are judged: where they happen, on stand-ins for all that they leave alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.core.expr import Access, Apply, Array, Expr, Partial, Sum, Var, access, const, intern
from chainrule.core.graph import below, replace
from chainrule.core.index import Index
from chainrule.diff.reverse import Cotangent, arguments_of
from chainrule.judge.derivatives import adjoint_check
from chainrule.judge.judge import judge_step
from chainrule.primitives.arithmetic import mul_p
from chainrule.rewrite.terms import expr_of

GOOD = ("proved", "judged")


def equation(left: Expr, right: Expr) -> str:
    """Whether two index expressions are equal: first with names for what the left reads, then with all meanings."""
    if left is right:
        return "proved"
    named = () if _has_derivative(left) else tensors(left)  # a derivative has no stand-in
    names = stand_ins(named)
    how = judge_step(replace(left, names), replace(right, names)).how
    return how if how in GOOD else judge_step(left, right).how


def pullback(
    node: Apply | Array, ct: Cotangent, parts: Sequence[tuple[Expr, Cotangent]], output: tuple[Index, ...]
) -> str:
    """Whether ⟨cotangent, node's tangent⟩ = Σ ⟨part, argument's tangent⟩ for all tangents."""
    whole = _tensor(ct, output)
    given = [(a, _tensor(p, output)) for a, p in parts]
    arguments = list(node.args if isinstance(node, Apply) else arguments_of(node))
    kept = [node, *arguments]
    names = stand_ins([t for t in tensors(whole) if t not in kept])
    names.update(stand_ins([a for a in arguments if not isinstance(a, Var)], start=len(names)))
    local = replace(node, {a: names[a] for a in arguments if a in names})
    both = {**names, node: local}
    if whole is node:  # else the check would take the node for a given value
        whole = mul_p(const(1), whole)
    how = adjoint_check(local, replace(whole, both), [(replace(a, both), replace(p, both)) for a, p in given]).how
    if how not in GOOD:
        how = adjoint_check(node, whole, given).how
    if how == "undecided":  # facts keep the points on a kink: what holds for all values holds for these
        free: dict[Expr, Expr] = {v: _factless(v) for v in node.variables if v.props}
        moved = [(replace(a, free), replace(p, free)) for a, p in given]
        how = adjoint_check(replace(node, free), replace(whole, free), moved).how
    return how


def _factless(v: Var) -> Expr:
    return intern(Var, v.name, v.dims, frozenset[str](), v.index_size)


def _tensor(ct: Cotangent, output: tuple[Index, ...]) -> Expr:
    """The cotangent as a tensor of the node's shape, contracted with a stand-in over the output's axes."""
    body = expr_of(ct.terms)
    if output:
        weight = intern(Var, "_output", tuple(i.size for i in output), frozenset[str](), None)
        body = mul_p(access(weight, *output), body)
        for i in output:
            body = intern(Sum, i, body)
    return intern(Array, ct.indices, body) if ct.indices else body


def _has_derivative(e: Expr) -> bool:
    """Whether a derivative is left in an index expression; tensors without free indices are not looked into."""
    stack, seen = [e], set[Expr]()
    while stack:
        node = stack.pop()
        if isinstance(node, Partial):
            return True
        scalar = isinstance(node, Apply) and node.op.elementwise and not node.shape
        if node not in seen and (node.free or scalar or node is e):
            seen.add(node)
            stack += below(node)
    return False


def tensors(e: Expr) -> list[Expr]:
    """The tensors whose entries an index expression reads, outermost first."""
    out: dict[Expr, None] = {}
    stack = [e]
    seen: set[Expr] = set()
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Access) and not node.tensor.free:
            out[node.tensor] = None
            continue
        stack += reversed(below(node))
    return list(out)


def stand_ins(nodes: Iterable[Expr], start: int = 0) -> dict[Expr, Expr]:
    """A variable of the same shape for each node that is not one."""
    out: dict[Expr, Expr] = {}
    for t in dict.fromkeys(nodes):
        if isinstance(t, Apply):
            v: Expr = intern(Var, f"_{start + len(out)}", t.shape, frozenset[str](), None)
            out[t] = v.T if t.row else v
    return out
