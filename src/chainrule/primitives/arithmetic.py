"""Addition, multiplication, powers, matrix products, transposes."""

from __future__ import annotations

from typing import Any

from chainrule.core.expr import Apply, Const, Expr, Shape, Sum, access, const, intern
from chainrule.core.index import affine, fresh
from chainrule.core.primitive import Args, Params, Primitive, Subs, register
from chainrule.core.size import ONE, same
from chainrule.errors import ShapeError
from chainrule.primitives.shapes import broadcast, entry, show, square


def pointwise(name: str, **fields: Any) -> Primitive:
    """Declare a primitive that works entry by entry, its operands stretched to one shape."""

    def define(args: Args, params: Params, ix: Subs) -> Expr:
        return intern(Apply, p, tuple(entry(a, ix) for a in args), params)

    p = register(Primitive(name=name, infer=broadcast, define=define, elementwise=True, **fields))
    return p


add_p = pointwise(
    "add",
    partials=(lambda a, y: const(1), lambda a, y: const(1)),
    numpy="{0} + {1}",
    ball="add",
    summary="the sum, entry by entry",
    example="sum(x + y)",
    reason="the derivative of a sum is the sum of the derivatives",
)
sub_p = pointwise(
    "sub",
    partials=(lambda a, y: const(1), lambda a, y: const(-1)),
    numpy="{0} - {1}",
    ball="sub",
    summary="the difference, entry by entry",
    example="sum(x - y)",
    reason="the derivative of a difference is the difference of the derivatives",
)
neg_p = pointwise(
    "neg",
    partials=(lambda a, y: const(-1),),
    product=True,
    numpy="-{0}",
    ball="neg",
    summary="the negative",
    example="sum(-x)",
    reason="a constant factor is kept",
)
mul_p = pointwise(
    "mul",
    partials=(lambda a, y: a[1], lambda a, y: a[0]),
    product=True,
    numpy="{0} * {1}",
    ball="mul",
    summary="the product, entry by entry",
    example="sum(x .* y)",
    reason="product rule",
)
div_p = pointwise(
    "div",
    partials=(lambda a, y: const(1) / a[1], lambda a, y: -a[0] / a[1] ** const(2)),
    product=True,
    numpy="{0} / {1}",
    ball="div",
    summary="the quotient, entry by entry",
    example="sum(x ./ y)",
    domain="nonzero:1",
    reason="quotient rule",
)
pow_p = pointwise(
    "pow",
    partials=(lambda a, y: a[1] * _lowered(a[0], a[1]), lambda a, y: y * _log(a[0])),
    numpy="{0} ** {1}",
    ball="pow",
    summary="the power, entry by entry",
    example="sum(x.^3)",
    reason="power rule",
)


def _lowered(base: Expr, exponent: Expr) -> Expr:
    """The power with the exponent less one, as it is written: x for x¹."""
    if not isinstance(exponent, Const):
        return base ** (exponent - const(1))
    return base if exponent.value == 2 else base ** const(exponent.value - 1)


def _log(e: Expr) -> Expr:
    from chainrule.primitives.elementwise import log_p

    return log_p(e)


def _is_row(a: Expr) -> bool:
    return a.ndim == 1 and a.row


def _infer_matmul(args: Args, params: Params) -> tuple[Shape, bool]:
    a, b = args
    if a.ndim not in (1, 2) or b.ndim not in (1, 2):
        raise ShapeError(
            f"the matrix product needs vectors or matrices, not shapes {show(a.shape)} and {show(b.shape)}",
            hint="use .* for products entry by entry, einsum for more axes",
        )
    if a.ndim == 1 and not a.row:  # a column: only an outer product with a row, or with a 1 × n matrix
        if _is_row(b):
            return (a.shape[0], b.shape[0]), False
        raise ShapeError(
            f"cannot multiply a column of shape {show(a.shape)} by shape {show(b.shape)}",
            hint=_INNER,
        )
    if b.ndim == 1 and b.row:
        raise ShapeError(
            f"cannot multiply shape {show(a.shape)} by a row of shape {show(b.shape)}",
            hint="x'*y is the inner product; A*x' needs x as a column",
        )
    if not same(a.shape[-1], b.shape[0]):
        raise ShapeError(
            f"cannot contract shapes {show(a.shape)} and {show(b.shape)}: sizes {a.shape[-1]} and {b.shape[0]} differ"
        )
    return a.shape[:-1] + b.shape[1:], a.ndim == 1 and b.ndim == 2


def _define_matmul(args: Args, params: Params, ix: Subs) -> Expr:
    a, b = args
    if a.ndim == 1 and not a.row:
        return access(a, ix[0]) * access(b, ix[1])
    k = fresh(a.shape[-1], "k")
    left, right = ix[: a.ndim - 1], ix[a.ndim - 1 :]
    return intern(Sum, k, access(a, *left, k) * access(b, k, *right))


matmul_p = register(
    Primitive(
        name="matmul",
        infer=_infer_matmul,
        define=_define_matmul,
        product=True,
        numpy="{0} @ {1}",
        reason="definition of the matrix product: Σ over the index that both share",
        summary="the matrix product; of a row and a column the inner, of a column and a row the outer product",
        example="norm2(X*x)",
    )
)


def _infer_transpose(args: Args, params: Params) -> tuple[Shape, bool]:
    (a,) = args
    if a.ndim == 1:
        return a.shape, not a.row
    if a.ndim == 2:
        return a.shape[::-1], False
    raise ShapeError(f"transpose needs a vector or a matrix, not shape {show(a.shape)}", hint="permute(X, [1, 0, 2])")


def _define_transpose(args: Args, params: Params, ix: Subs) -> Expr:
    return access(args[0], *ix[::-1])


transpose_p = register(
    Primitive(
        name="transpose",
        infer=_infer_transpose,
        define=_define_transpose,
        product=True,
        numpy="{0}.T",
        reason="entry (i, j) of the transpose is entry (j, i)",
        summary="the transpose; of a vector the row",
        example="x'*x",
    )
)


HIGHEST_POWER = 32
"""Of a matrix: the highest power whose derivative, a sum of as many products, is written out."""


def _infer_matpow(args: Args, params: Params) -> tuple[Shape, bool]:
    n = square(args[0], "a matrix power")
    return (n, n), False


def _define_matpow(args: Args, params: Params, ix: Subs) -> Expr:
    from chainrule.core.expr import Delta
    from chainrule.primitives.linalg import inv_p

    (a,), (power,) = args, params
    if power == 0:
        return intern(Delta, *ix)
    base = a if power > 0 else inv_p(a)
    left, factors, bound = ix[0], [], []
    for step in range(abs(power)):
        last = step == abs(power) - 1
        k = fresh(a.shape[0], "k")
        right = ix[1] if last else affine(k)
        factors.append(access(base, left, right))
        left = right
        if not last:
            bound.append(k)
    body = factors[0]
    for f in factors[1:]:
        body = body * f
    for k in reversed(bound):
        body = intern(Sum, k, body)
    return body


matpow_p = register(
    Primitive(
        name="matpow",
        infer=_infer_matpow,
        define=_define_matpow,
        product=True,
        numpy="np.linalg.matrix_power({0}, {p0})",
        reason="a power is a repeated product: the product rule varies each factor in turn",
        summary="a square matrix to a whole power",
        example="tr(A^3)",
    )
)


def operator(name: str, *args: Any, **options: Any) -> Expr:
    """What the Python operators and methods of an expression build, with hints in Python."""
    try:
        return _operator(name, tuple(const(a) for a in args), options)
    except ShapeError as error:
        error.hint = _IN_PYTHON.get(error.hint, error.hint)
        raise


_INNER = "x'*y is the inner product, x*y' the outer product, x.*y the product entry by entry"
_IN_PYTHON = {
    _INNER: "x @ y is the inner product, x @ y.T the outer product, x * y the product entry by entry",
    "x'*y is the inner product; A*x' needs x as a column": "x @ y is the inner product; A @ x takes x as a column",
    "use .* for products entry by entry, einsum for more axes": "* multiplies entry by entry, cr.einsum sums over axes",
}


def _operator(name: str, operands: tuple[Expr, ...], options: dict[str, Any]) -> Expr:
    match name:
        case "add":
            return add_p(*operands)
        case "sub":
            return sub_p(*operands)
        case "mul":
            return mul_p(*operands)
        case "div":
            return div_p(*operands)
        case "pow":
            return pow_p(*operands)
        case "neg":
            return neg_p(*operands)
        case "matmul":
            return _matmul_as_numpy(*operands)
        case "abs":
            from chainrule.primitives.elementwise import abs_p

            return abs_p(*operands)
        case "transpose":
            return transpose_p(*operands) if operands[0].shape else operands[0]
        case _:
            from chainrule.primitives.reductions import reduce

            return reduce(name, operands[0], **options)


def _matmul_as_numpy(a: Expr, b: Expr) -> Expr:
    """The product `@` of NumPy: a vector on the left is summed over, also where it is a column."""
    if a.ndim == 1 and not a.row and b.ndim == 1 and not b.row:
        return matmul_p(transpose_p(a), b)
    if a.ndim == 1 and not a.row and b.ndim == 2 and b.shape[0] is not ONE:
        return transpose_p(matmul_p(transpose_p(a), b))
    return matmul(a, b)


def matmul(a: Expr, b: Expr) -> Expr:
    """The product `*` of the language: scaling where one side is a scalar, else the matrix product."""
    if not a.shape or not b.shape:
        return mul_p(a, b)
    return matmul_p(a, b)
