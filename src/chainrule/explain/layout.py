"""Numerator and denominator layout: which way round a derivative of at most two axes is written.

Source: the tables of en.wikipedia.org/wiki/Matrix_calculus, "Layout conventions".
"""

from __future__ import annotations

from chainrule.core.expr import Apply, Expr, Var
from chainrule.errors import ChainruleError
from chainrule.primitives.arithmetic import add_p, div_p, matmul_p, mul_p, neg_p, sub_p, transpose_p
from chainrule.primitives.linalg import kron_p

LAYOUTS = ("numerator", "denominator")
_PIECEWISE = (add_p, sub_p, mul_p, div_p, neg_p)
_THEIR_OWN = ("diag", "eye")


def laid_out(e: Expr, above: int, layout: str) -> Expr:
    """A derivative whose first `above` axes are those of what is differentiated, in the layout.

    Numerator: rows belong to what is differentiated, columns to the variable, so a gradient is a row, or has the shape
    of Xᵀ. Denominator: rows belong to the variable, so the Jacobian of a vector is transposed.

    Raises:
        ChainruleError: there is no such layout, or the derivative has more than two axes.
    """
    if layout not in LAYOUTS:
        raise ChainruleError(f"there is no layout {layout!r}", hint=" or ".join(LAYOUTS))
    if e.ndim > 2:
        raise ChainruleError(
            f"a derivative of {e.ndim} axes has no {layout} layout", hint="--form index or einsum shows all axes"
        )
    turn = above == 0 if layout == "numerator" else above > 0
    return transposed(e) if turn and e.shape else e


def transposed(e: Expr) -> Expr:
    """The transpose with transposes moved inwards: (A x)ᵀ is xᵀ Aᵀ."""
    if not e.shape:
        return e
    if isinstance(e, Var) and e.props & {"symmetric", "spd", "diagonal", "distances"}:
        return e
    if isinstance(e, Apply):
        if e.op is transpose_p:
            return e.args[0]
        if e.op is matmul_p:
            return _chain_transposed(e)
        if e.op in _PIECEWISE or e.op is kron_p:
            return e.op(*map(transposed, e.args), params=e.params)
        if e.op.name in _THEIR_OWN and e.ndim == 2:
            return e
    return e.T


def _chain_transposed(e: Apply) -> Expr:
    """(A x)ᵀ = xᵀ Aᵀ, scalar factors in front."""
    factors: list[Expr] = []
    scalars: list[Expr] = []
    stack: list[Expr] = [e]
    while stack:
        a = stack.pop()
        if isinstance(a, Apply) and a.op is matmul_p:
            stack += a.args
        elif isinstance(a, Apply) and a.op is mul_p and a.shape and not a.args[0].shape:
            scalars.append(a.args[0])
            stack.append(a.args[1])
        else:
            factors.append(transposed(a))
    out = factors[0]
    for c in scalars:
        out = mul_p(c, out)
    for a in factors[1:]:
        out = matmul_p(out, a) if out.shape and a.shape else mul_p(out, a)
    return out
