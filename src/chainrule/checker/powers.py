"""Powers: entry by entry; of a matrix, products with itself or the inverse."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.matrices import matrix_function
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import Apply
from chainrule.primitives.arithmetic import pow_p
from chainrule.primitives.elementwise import sqrt_p


def power(m: Evaluation, base: Val, exponent: s.Node) -> Val:
    """A value to a power."""
    if base.ndim == 2:
        return _matrix_power(m, base, exponent)
    e = m.value(exponent)
    if e.ndim:
        raise NotUnderstoodError("an exponent that is no number")
    root = base.body
    if isinstance(root, Apply) and root.op is sqrt_p and isinstance(exponent, s.Number) and exponent.value == 2:
        return Val(root.args[0], base.axes, base.row)
    return Val(pow_p(root, e.body), base.axes, base.row)


def _matrix_power(m: Evaluation, base: Val, exponent: s.Node) -> Val:
    match exponent:
        case s.Number(value=v) if v in (2, 3) and m.symbols.sizes.same_already(*(i.size for i in base.axes)):
            out = base
            for _ in range(int(v) - 1):
                out = m.algebra.product(out, base)
            return out
        case s.Sum(terms=((-1, s.Number(value=v)),)) if v == 1:
            return matrix_function(m.algebra, "inv", base)
        case s.Number(value=v) if v == -1:
            return matrix_function(m.algebra, "inv", base)
        case _:
            raise NotUnderstoodError("a power of a matrix: of every entry, or a product with itself?")
