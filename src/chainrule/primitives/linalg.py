"""Functions of matrices, and matrices that are given by their entries."""

from __future__ import annotations

from typing import Any

from chainrule.core.expr import Delta, Expr, Iverson, Shape, Sum, access, const, intern
from chainrule.core.index import Affine, affine, fresh
from chainrule.core.primitive import Args, Params, Primitive, Subs, register
from chainrule.core.size import ONE, Size, SizeLike, size
from chainrule.errors import ShapeError
from chainrule.primitives.arithmetic import add_p
from chainrule.primitives.shapes import show, square


def _of_one_matrix(name: str, infer: Any, **fields: Any) -> Primitive:
    def build(x: Expr) -> Expr:
        return p(const(x))

    p = register(Primitive(name=name, infer=infer, call=("expr",), build=build, **fields))
    return p


def _scalar_of_square(name: str) -> Any:
    def infer(args: Args, params: Params) -> tuple[Shape, bool]:
        square(args[0], name)
        return (), False

    return infer


def _square_of_square(name: str) -> Any:
    def infer(args: Args, params: Params) -> tuple[Shape, bool]:
        n = square(args[0], name)
        return (n, n), False

    return infer


def _define_tr(args: Args, params: Params, ix: Subs) -> Expr:
    k = fresh(args[0].shape[0], "k")
    return intern(Sum, k, access(args[0], k, k))


def _jacobian_det(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    return y * access(inv_p(args[0]), jx[1], jx[0])


def _jacobian_logdet(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    return access(inv_p(args[0]), jx[1], jx[0])


def _jacobian_inv(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    return -(access(y, ix[0], jx[0]) * access(y, jx[1], ix[1]))


tr_p = _of_one_matrix(
    "tr",
    _scalar_of_square("the trace"),
    define=_define_tr,
    product=True,
    numpy="np.trace({0})",
    latex=r"\operatorname{tr}",
    reason="definition of the trace: Σ of the diagonal entries",
    summary="the trace of a square matrix",
    example="tr(A*X)",
)
det_p = _of_one_matrix(
    "det",
    _scalar_of_square("the determinant"),
    jacobian=_jacobian_det,
    numpy="np.linalg.det({0})",
    latex=r"\det",
    domain="invertible:0",
    reason="Jacobi's formula: ∂det(X)/∂X = det(X) inv(X)ᵀ",
    summary="the determinant of a square matrix",
    source="petersen2012",
    example="det(A)",
)
logdet_p = _of_one_matrix(
    "logdet",
    _scalar_of_square("logdet"),
    jacobian=_jacobian_logdet,
    numpy="np.linalg.slogdet({0})[1]",
    latex=r"\log\det",
    domain="posdet:0",
    reason="Jacobi's formula: ∂log det(X)/∂X = inv(X)ᵀ",
    summary="the logarithm of the determinant, where it is positive",
    source="petersen2012",
    example="logdet(A)",
)
inv_p = _of_one_matrix(
    "inv",
    _square_of_square("the inverse"),
    jacobian=_jacobian_inv,
    numpy="np.linalg.inv({0})",
    latex=lambda x: rf"{x}^{{-1}}",
    domain="invertible:0",
    reason="from X inv(X) = I: d inv(X) = −inv(X) dX inv(X)",
    summary="the inverse of a square matrix",
    source="petersen2012",
    example="x'*inv(A)*x",
)


def _infer_diag(args: Args, params: Params) -> tuple[Shape, bool]:
    (x,) = args
    if x.ndim == 1:
        return x.shape * 2, False
    if x.ndim != 2:
        raise ShapeError(f"diag needs a vector or a square matrix, not shape {show(x.shape)}")
    return (square(x, "diag"),), False


def _define_diag(args: Args, params: Params, ix: Subs) -> Expr:
    (x,) = args
    if x.ndim == 1:
        return access(x, ix[0]) * intern(Delta, *ix)
    return access(x, ix[0], ix[0])


def _infer_vec(args: Args, params: Params) -> tuple[Shape, bool]:
    (x,) = args
    if x.ndim not in (1, 2):
        raise ShapeError(f"vec needs a matrix, not shape {show(x.shape)}", hint="reshape(X, [m*n])")
    return (x.shape[0] if x.ndim == 1 else x.shape[0] * x.shape[1],), False


def _define_vec(args: Args, params: Params, ix: Subs) -> Expr:
    (x,), (p,) = args, ix
    return access(x, p) if x.ndim == 1 else access(x, p % x.shape[0], p // x.shape[0])


diag_p = _of_one_matrix(
    "diag",
    _infer_diag,
    define=_define_diag,
    product=True,
    numpy="np.diag({0})",
    latex=r"\operatorname{diag}",
    reason="diag puts a vector on the diagonal, or takes the diagonal out",
    summary="the diagonal matrix of a vector; the diagonal of a square matrix",
    example="diag(x)*A",
)
vec_p = _of_one_matrix(
    "vec",
    _infer_vec,
    define=_define_vec,
    product=True,
    numpy="np.ravel({0}, order='F')",
    latex=r"\operatorname{vec}",
    reason="vec stacks the columns: entry p is that in row p mod m, column ⌊p/m⌋",
    summary="the columns of a matrix stacked into one vector",
    example="norm2(vec(X))",
)


def _sides(a: Expr) -> tuple[Size, Size]:
    """Rows and columns; a vector is one column, a row one row."""
    if a.ndim not in (1, 2):
        raise ShapeError(f"kron needs matrices or vectors, not shape {show(a.shape)}")
    if a.ndim == 2:
        return a.shape[0], a.shape[1]
    return (ONE, a.shape[0]) if a.row else (a.shape[0], ONE)


def _entry(a: Expr, row: Affine, column: Affine) -> Expr:
    if a.ndim == 2:
        return access(a, row, column)
    return access(a, column if a.row else row)


def _infer_kron(args: Args, params: Params) -> tuple[Shape, bool]:
    a, b = args
    (m, n), (r, s) = _sides(a), _sides(b)
    if a.ndim == b.ndim == 1 and a.row == b.row:
        return (a.shape[0] * b.shape[0],), a.row
    return (m * r, n * s), False


def _define_kron(args: Args, params: Params, ix: Subs) -> Expr:
    a, b = args
    r, s = _sides(b)
    zero = affine(0)
    p, q = ix if len(ix) == 2 else (zero, ix[0]) if a.row else (ix[0], zero)
    return _entry(a, p // r, q // s) * _entry(b, p % r, q % s)


def kron(a: Expr, b: Expr) -> Expr:
    """The Kronecker product; a vector counts as one column, a row as one row.

    Examples:
        >>> from chainrule.primitives.variables import matrix, vector
        >>> kron(matrix("A", "m", "n"), vector("x", "k")).shape
        (Size('k*m'), Size('n'))
    """
    return kron_p(const(a), const(b))


kron_p = register(
    Primitive(
        name="kron",
        infer=_infer_kron,
        define=_define_kron,
        product=True,
        call=("expr", "expr"),
        build=kron,
        latex=lambda a, b: rf"{a} \otimes {b}",
        reason="every entry of the first factor scales a copy of the second",
        summary="the Kronecker product",
        example="norm2(kron(X, A))",
    )
)


def _jacobian_cholesky(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    """L Φ(L⁻¹ dA L⁻ᵀ) for dA = (E_kl + E_lk)/2, where Φ keeps the lower part and half of the diagonal."""
    a, back = fresh(y.shape[0], "a"), inv_p(y)
    j = ix[1]

    def term(first: Affine, second: Affine) -> Expr:
        return access(back, a, first) * access(back, j, second)

    lower = add_p(intern(Iverson, affine(a) - j - 1), intern(Delta, affine(a), j) / const(2))
    moved = (term(*jx) + term(*jx[::-1])) / const(2)
    return intern(Sum, a, access(y, ix[0], a) * lower * moved)


cholesky_p = _of_one_matrix(
    "cholesky",
    _square_of_square("cholesky"),
    jacobian=_jacobian_cholesky,
    numpy="np.linalg.cholesky(({0} + {0}.T) / 2.0)",
    latex=r"\operatorname{chol}",
    domain="spd:0",
    reason="from L Lᵀ = (S + Sᵀ)/2: dL = L Φ(L⁻¹ dS L⁻ᵀ), Φ the lower part with half of the diagonal",
    summary="the lower factor L with L Lᵀ = (S + Sᵀ)/2",
    source="murray2016",
    example="sum(cholesky(A*A' + eye(3)))",
)


def _filled(name: str, define: Any, **fields: Any) -> Primitive:
    def infer(args: Args, params: Params) -> tuple[Shape, bool]:
        return tuple(params), False

    def build(*sizes: SizeLike) -> Expr:
        return p(params=tuple(size(n) for n in sizes))

    p = register(Primitive(name=name, infer=infer, define=define, call=("sizes",), build=build, **fields))
    return p


ones_p = _filled(
    "ones",
    lambda args, params, ix: const(1),
    numpy="np.ones({p})",
    latex=r"\mathbf{1}",
    reason="every entry of ones is 1",
    summary="a vector, matrix or tensor of ones",
    example="A*ones(3)",
)
zeros_p = _filled(
    "zeros",
    lambda args, params, ix: const(0),
    numpy="np.zeros({p})",
    latex=r"\mathbf{0}",
    reason="every entry of zeros is 0",
    summary="a vector, matrix or tensor of zeros",
    example="A*zeros(3)",
)


def eye(n: SizeLike) -> Expr:
    """The identity matrix of size `n`.

    Examples:
        >>> eye("n").shape
        (Size('n'), Size('n'))
    """
    return eye_p(params=(size(n),))


eye_p = register(
    Primitive(
        name="eye",
        infer=lambda args, params: ((params[0], params[0]), False),
        define=lambda args, params, ix: intern(Delta, *ix),
        product=True,
        call=("size",),
        build=eye,
        numpy="np.eye({p0})",
        latex="I",
        reason="the identity is δ",
        summary="the identity matrix",
        example="A*eye(3)",
    )
)
