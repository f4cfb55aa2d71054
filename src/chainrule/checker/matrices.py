"""Functions of matrices as a whole: the inverse, the determinant and its logarithm."""

from __future__ import annotations

from chainrule.checker.algebra import Algebra
from chainrule.checker.values import MisfitError, NotUnderstoodError, Val
from chainrule.core.expr import access
from chainrule.core.index import fresh
from chainrule.primitives.functions import table


def matrix_function(algebra: Algebra, name: str, a: Val) -> Val:
    """inv, det or logdet of a square matrix."""
    if a.ndim != 2:
        raise MisfitError(f"{name} of {a.describe()}")
    algebra.fits(*a.axes, what=f"{name} of {a.describe()}")
    if a.letters:
        raise NotUnderstoodError(f"{name} of a matrix with letters left open")
    node = table[name](a.tensor())
    if not node.shape:
        return Val(node)
    axes = tuple(fresh(n) for n in node.shape)
    return Val(access(node, *axes), axes)
