"""einsum: sums of products, with axes named by letters."""

from __future__ import annotations

from chainrule.core.expr import Delta, Expr, Shape, Sum, access, const, intern
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.core.primitive import Args, Params, Primitive, Subs, register
from chainrule.core.size import Size, same
from chainrule.errors import ShapeError
from chainrule.primitives.shapes import show


def _spec_parts(spec: str) -> tuple[list[str], str]:
    """Letters of each operand and of the result; without an arrow, NumPy's rule: those that occur once, sorted."""
    left, arrow, out = spec.replace(" ", "").partition("->")
    operands = left.split(",")
    if not arrow:
        out = "".join(sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1))
    for c in set(left + out) - {","}:
        if not c.isalpha():
            raise ShapeError(f"einsum: {c!r} in {spec!r} is not a letter", hint='einsum("ij,jk->ik", A, B)')
    for c in out:
        if c not in left:
            raise ShapeError(f"einsum: the letter {c!r} of the result is in no operand of {spec!r}")
    return operands, out


def _letter_sizes(args: Args, spec: str) -> dict[str, Size]:
    operands, _ = _spec_parts(spec)
    if len(operands) != len(args):
        raise ShapeError(f"einsum: {spec!r} names {len(operands)} operands, {len(args)} are given")
    sizes: dict[str, Size] = {}
    for letters, a in zip(operands, args, strict=True):
        if len(letters) != a.ndim:
            raise ShapeError(f"einsum: {letters!r} names {len(letters)} axes of an operand of shape {show(a.shape)}")
        for c, n in zip(letters, a.shape, strict=True):
            if not same(sizes.setdefault(c, n), n):
                raise ShapeError(f"einsum: {c!r} in {spec!r} is an axis of size {sizes[c]} and one of size {n}")
    return sizes


def _infer_einsum(args: Args, params: Params) -> tuple[Shape, bool]:
    sizes = _letter_sizes(args, params[0])
    return tuple(sizes[c] for c in _spec_parts(params[0])[1]), False


def _define_einsum(args: Args, params: Params, ix: Subs) -> Expr:
    operands, out = _spec_parts(params[0])
    subs: dict[str, Affine] = {}
    repeats: list[Expr] = []
    for c, i in zip(out, ix, strict=True):
        if c in subs:
            repeats.append(intern(Delta, subs[c], i))
        else:
            subs[c] = i
    bound: list[Index] = []
    for c, n in _letter_sizes(args, params[0]).items():
        if c not in subs:
            bound.append(fresh(n, c))
            subs[c] = affine(bound[-1])
    factors = [access(a, *(subs[c] for c in letters)) for letters, a in zip(operands, args, strict=True)]
    body = factors[0]
    for f in factors[1:] + repeats:
        body = body * f
    for k in reversed(bound):
        body = intern(Sum, k, body)
    return body


def einsum(spec: str, *operands: Expr) -> Expr:
    """The sum of products that `spec` names, as in NumPy: "ij,jk->ik" is the matrix product.

    A letter may repeat in one operand (a diagonal) and in the result (a diagonal matrix).

    Raises:
        ShapeError: the letters do not fit the operands.

    Examples:
        >>> from chainrule.primitives.variables import matrix
        >>> A, B = matrix("A", "m", "n"), matrix("B", "n", "k")
        >>> einsum("ij,jk->ki", A, B).shape
        (Size('k'), Size('m'))
    """
    letters, out = _spec_parts(spec)
    return einsum_p(*map(const, operands), params=(f"{','.join(letters)}->{out}",))


einsum_p = register(
    Primitive(
        name="einsum",
        infer=_infer_einsum,
        define=_define_einsum,
        product=True,
        call=("string", "exprs"),
        build=einsum,
        reason="definition of einsum: Σ over the letters that the result does not name",
        summary="the sum of products that a pattern of letters names",
        example='einsum("ij,j->i", X, x)',
    )
)
