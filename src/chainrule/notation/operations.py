"""How long a formula is."""

from __future__ import annotations

from chainrule.core.expr import Apply, Const, Expr, Partial, Sum
from chainrule.core.graph import walk

_FREE = frozenset({"transpose", "eye", "ones", "zeros"})


def operations(e: Expr) -> int:
    """Operators and calls in the formula, equal subexpressions once.

    Every operator, unary minus and call counts 1; numbers, sizes, transposes, subscripts, and eye, ones, zeros, vector
    and matrix of constants count 0.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> operations(parse("r = X*w - y; 2*X'*r", given="X: m n; w: n; y: m"))
        4
        >>> operations(parse("-a*a", given="a: scalar"))
        2

    """
    nodes = tuple(walk(e))
    exponents = {n.args[1] for n in nodes if isinstance(n, Apply) and n.op.name == "pow"}
    total = 0
    for node in nodes:
        match node:
            case Apply():
                total += 0 if node.op.name in _FREE or _constant(node) else 1
            case Sum() | Partial():
                total += 1
            case Const(value=v) if v < 0 and node not in exponents:
                total += 1
            case _:
                pass
    return total


def _constant(e: Apply) -> bool:
    """Whether it is vector(c) or matrix(c) of a number."""
    filled = [a for a in e.args if isinstance(a, Apply) and a.op.name in ("ones", "zeros")]
    return e.op.name == "mul" and len(filled) == 1 and any(isinstance(a, Const) for a in e.args)
