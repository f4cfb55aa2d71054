"""What is known of a tensor from the facts about its variables and from how it is built."""

from __future__ import annotations

from chainrule.core.expr import Apply, Const, Expr, SizeValue, Var
from chainrule.primitives.arithmetic import matmul_p, matpow_p, transpose_p

SYMMETRIC = frozenset({"symmetric", "spd", "diagonal", "distances"})
POSITIVE = frozenset({"positive", "unit", "simplex"})


LONGEST_CHAIN = 200


def chain(e: Expr) -> list[tuple[Expr, bool]]:
    """The factors of a matrix product in order, and whether each is transposed; the whole if they are very many."""
    out: list[tuple[Expr, bool]] = []
    stack: list[tuple[Expr, bool]] = [(e, False)]
    while stack:
        node, flipped = stack.pop()
        if isinstance(node, Apply) and node.op is matmul_p:
            a, b = node.args
            stack += [(a, True), (b, True)] if flipped else [(b, False), (a, False)]
        elif isinstance(node, Apply) and node.op is transpose_p:
            stack.append((node.args[0], not flipped))
        elif isinstance(node, Apply) and node.op is matpow_p and 0 < node.params[0] <= 8:
            stack += [(node.args[0], flipped)] * node.params[0]
        else:
            out.append((node, flipped and node.ndim == 2 and not symmetric(node)))
        if len(out) > LONGEST_CHAIN:
            return [(e, False)]
    return out


_symmetric: dict[Expr, bool] = {}


def symmetric(e: Expr) -> bool:
    """Whether a matrix is certainly symmetric."""
    if e.ndim != 2 or e.shape[0] is not e.shape[1]:
        return False
    found = _symmetric.get(e)
    if found is None:
        if len(_symmetric) > 20_000:  # only a memo
            _symmetric.clear()
        found = _symmetric[e] = _is_symmetric(e)
    return found


def _is_symmetric(e: Expr) -> bool:
    if isinstance(e, Var):
        return bool(e.props & SYMMETRIC)
    if not isinstance(e, Apply):
        return False
    name, args = e.op.name, e.args
    if name == "opaque":
        fn, order = e.params
        return order == 2 and not fn.out and len(fn.arg or e.shape[:1]) == 1
    if name in ("eye", "zeros", "ones"):
        return True
    if name == "diag":
        return args[0].ndim == 1
    if name in ("inv", "transpose", "matpow"):
        return symmetric(args[0])
    if name == "kron":
        return symmetric(args[0]) and symmetric(args[1])
    if e.op is matmul_p:
        factors = chain(e)
        return len(factors) > 1 and factors == [
            (f, not t and f.ndim == 2 and not symmetric(f)) for f, t in reversed(factors)
        ]
    if e.op.elementwise:
        return all(symmetric(a) or not a.shape for a in args)
    return False


def along(prop: str, ndim: int) -> int | None:
    """The axis along which the entries sum to one by a fact such as "simplex" (the last axis) or "onehot(0)"."""
    kind, _, axis = prop.partition("(")
    if kind not in ("onehot", "simplex"):
        return None
    return int(axis[:-1]) if axis else ndim - 1


def onehot(v: Var) -> bool:
    """Whether the entries are 0 or 1, and one 1 along an axis."""
    return any(p.startswith("onehot") for p in v.props)


def positive(e: Expr) -> bool:
    """Whether every entry is certainly > 0."""
    match e:
        case Const(value=v):
            return v > 0
        case SizeValue():
            return True
        case Var(props=props):
            return bool(props & POSITIVE) or any(p.startswith("simplex(") for p in props)
        case Apply(op=op, args=args):
            if op.name in ("exp", "sigmoid", "softmax", "softplus", "ones"):
                return True
            if op.name in ("add", "mul", "div", "sqrt", "sum", "mean", "transpose", "unsqueeze", "permute", "reshape"):
                return all(positive(a) for a in args)
            return op.name == "pow" and positive(args[0])
        case _:
            return False


def sums_to_one(e: Expr, axis: int) -> bool:
    """Whether the entries along an axis certainly add up to one."""
    if isinstance(e, Var):
        return any(along(p, e.ndim) == axis for p in e.props)
    return isinstance(e, Apply) and e.op.name == "softmax" and e.params[0] == axis
