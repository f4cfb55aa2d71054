"""Reductions: one number out of an axis, several axes, or a whole tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chainrule.core.expr import Delta, Expr, Shape, SizeValue, Sum, Var, access, const, intern
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.core.primitive import Args, Params, Primitive, Subs, register, registry
from chainrule.core.size import ONE, Size
from chainrule.errors import AxisError
from chainrule.primitives.arithmetic import pow_p, sub_p
from chainrule.primitives.elementwise import abs_p, exp_p, ge_p, indicator, le_p, log_p, sign_p, sqrt_p
from chainrule.primitives.shapes import axes_of


def reduced_axes(x: Expr, params: Params) -> tuple[int, ...]:
    """The axes that a reduction removes."""
    return tuple(range(x.ndim)) if params[0] is None else params[0]


def _infer(args: Args, params: Params) -> tuple[Shape, bool]:
    (x,), gone = args, reduced_axes(args[0], params)
    axes_of(x, gone)
    if params[1]:
        return tuple(ONE if a in gone else n for a, n in enumerate(x.shape)), x.row
    return tuple(n for a, n in enumerate(x.shape) if a not in gone), False


def _subscripts(x: Expr, params: Params, ix: Subs, inner: Subs) -> Subs:
    """Subscripts of `x` for the entry `ix` of the result, at `inner` along the reduced axes."""
    gone, outer, within = reduced_axes(x, params), iter(ix), iter(inner)
    out: list[Affine] = []
    for axis in range(x.ndim):
        if axis in gone:
            out.append(next(within))
            if params[1]:
                next(outer)
        else:
            out.append(next(outer))
    return tuple(out)


def _bound(x: Expr, params: Params) -> tuple[Index, ...]:
    return tuple(fresh(x.shape[a], "k") for a in reduced_axes(x, params))


def _total(args: Args, params: Params, ix: Subs, term: Callable[[Expr], Expr]) -> Expr:
    """Σ over the reduced axes of `term` of an entry of the argument."""
    (x,), bound = args, _bound(args[0], params)
    body = term(access(x, *_subscripts(x, params, ix, tuple(map(affine, bound)))))
    for k in reversed(bound):
        body = intern(Sum, k, body)
    return body


def _count(x: Expr, params: Params) -> Expr:
    """How many entries one entry of the result is made of."""
    n: Size = ONE
    for a in reduced_axes(x, params):
        n = n * x.shape[a]
    return intern(SizeValue, n)


def _kept(x: Expr, params: Params, ix: Subs, jx: Subs, value: Expr) -> Expr:
    """`value`, times δ along every axis that is not reduced."""
    whole = _subscripts(x, params, ix, tuple(jx[a] for a in reduced_axes(x, params)))
    return times_deltas(x.shape, whole, jx, reduced_axes(x, params), value)


def times_deltas(shape: Shape, ix: Subs, jx: Subs, skip: Iterable[int], value: Expr) -> Expr:
    """`value` times δ(ix, jx) along each axis of `shape`, but for those in `skip` and those of size 1."""
    left_out = frozenset(skip)
    for axis, n in enumerate(shape):
        if axis not in left_out and n is not ONE:
            value = value * intern(Delta, ix[axis], jx[axis])
    return value


def _square(e: Expr) -> Expr:
    return pow_p(e, const(2))


def _define_sum(args: Args, params: Params, ix: Subs) -> Expr:
    return _total(args, params, ix, lambda e: e)


def _define_mean(args: Args, params: Params, ix: Subs) -> Expr:
    return _total(args, params, ix, lambda e: e) / _count(args[0], params)


def _define_var(args: Args, params: Params, ix: Subs) -> Expr:
    centre = access(mean_p(*args, params=params), *ix)
    return _total(args, params, ix, lambda e: _square(e - centre)) / _count(args[0], params)


def _define_std(args: Args, params: Params, ix: Subs) -> Expr:
    return sqrt_p(access(var_p(*args, params=params), *ix))


def _define_logsumexp(args: Args, params: Params, ix: Subs) -> Expr:
    return log_p(_total(args, params, ix, exp_p))


def _define_norm1(args: Args, params: Params, ix: Subs) -> Expr:
    return _total(args, params, ix, abs_p)


def _define_norm2(args: Args, params: Params, ix: Subs) -> Expr:
    return sqrt_p(_total(args, params, ix, _square))


def _deviation(x: Expr, params: Params, ix: Subs, jx: Subs) -> Expr:
    """x − mean as one tensor, for people write it so themselves: its entries add up to 0."""
    whole = params[0] is None and not params[1]
    return access(sub_p(x, mean_p(x, params=params if whole else (params[0], True))), *jx)


def _jacobian_var(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    (x,) = args
    value = const(2) * _deviation(x, params, ix, jx) / _count(x, params)
    return _kept(x, params, ix, jx, value)


def _jacobian_std(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    (x,) = args
    value = _deviation(x, params, ix, jx) / (_count(x, params) * access(y, *ix))
    return _kept(x, params, ix, jx, value)


def _jacobian_logsumexp(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    (x,) = args
    axes = params[0] if params[0] is not None else tuple(range(x.ndim))
    if len(axes) == 1:
        from chainrule.primitives.neural import softmax_p

        return _kept(x, params, ix, jx, access(softmax_p(x, params=axes), *jx))
    return _kept(x, params, ix, jx, exp_p(access(x, *jx) - access(y, *ix)))


def _jacobian_norm1(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    (x,) = args
    return _kept(x, params, ix, jx, sign_p(access(x, *jx)))


def _jacobian_norm2(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    (x,) = args
    return _kept(x, params, ix, jx, access(x, *jx) / access(y, *ix))


def _jacobian_prod(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    (x,) = args
    if isinstance(x, Var) and x.props & {"positive", "unit"}:
        return _kept(x, params, ix, jx, access(y, *ix) / access(x, *jx))
    axes = params[0] if params[0] is not None else tuple(range(x.ndim))
    return _kept(x, params, ix, jx, _others(x, axes, jx))


def _others(x: Expr, axes: tuple[int, ...], jx: Subs) -> Expr:
    """The product of all entries but the one at jx, with no division, so that it holds where an entry is 0."""
    *rest, last = axes
    here = access(_each_without_itself(x, last), *jx)
    if not rest:
        return here
    inner = prod_p(x, params=((last,), False))
    return _others(inner, tuple(rest), jx[:last] + jx[last + 1 :]) * here


def _each_without_itself(x: Expr, axis: int) -> Expr:
    """Entry j along `axis`: the product of the other entries. Each entry's own factor is put to 1 on a diagonal."""
    from chainrule.primitives.axes import unsqueeze_p
    from chainrule.primitives.linalg import eye_p

    own = eye_p(params=(x.shape[axis],))
    for n in range(x.ndim - 1):
        own = unsqueeze_p(own, params=(n if n < axis else own.ndim,))
    wide = unsqueeze_p(x, params=(axis,))
    return prod_p(wide * (1 - own) + own, params=((axis + 1,), False))


def _jacobian_extreme(attains: Callable[[Expr, Expr], Expr]) -> Callable[..., Expr]:
    """1 at the entries that attain the extreme, divided by how many do, so that ties share equally."""

    def jacobian(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
        (x,), top = args, access(y, *ix)
        ties = _total(args, params, ix, lambda e: indicator(attains(e, top)))
        return _kept(x, params, ix, jx, indicator(attains(access(x, *jx), top)) / ties)

    return jacobian


def reduce(name: str, x: Expr, axis: int | Iterable[int] | None = None, keep: bool = False) -> Expr:
    """The reduction `name` of `x` over everything, or along axes counted from 0, negative ones from the end.

    Raises:
        AxisError: `x` has no such axis, or `axis` is not a whole number.

    Examples:
        >>> from chainrule.primitives.variables import matrix
        >>> X = matrix("X", "m", "n")
        >>> reduce("sum", X, -1).shape
        (Size('m'),)
        >>> reduce("max", X, 0, keep=True).shape
        (Size('1'), Size('n'))
    """
    return registry[name](x, params=(_named_axes(name, x, axis), bool(keep)))


def _named_axes(name: str, x: Expr, axis: Any) -> tuple[int, ...] | None:
    if axis is None:
        return None
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    if any(not isinstance(a, int) for a in axes):
        hint = f"{name}imum(a, b) compares entry by entry" if name in ("max", "min") else f"{name}(X, 0)"
        raise AxisError(f"the axes of {name} are whole numbers", hint=hint)
    found = tuple(sorted(axes_of(x, axes)))
    if not found:
        raise AxisError(f"{name} along no axis", hint=f"{name}(X) reduces everything")
    return None if len(found) == x.ndim else found


def _reduction(name: str, **fields: Any) -> Primitive:
    def build(x: Expr, axis: int | Iterable[int] | None = None, keep: bool = False) -> Expr:
        return reduce(name, const(x), axis, keep)

    fields.setdefault("latex", rf"\operatorname{{{name}}}")
    fields.setdefault("numpy", f"np.{name}({{0}}, axis={{p0}}, keepdims={{p1}})")
    fields.setdefault("example", f"{name}(X, 0)'*x")
    return register(Primitive(name=name, infer=_infer, call=("expr", "axes"), build=build, **fields))


sum_p = _reduction(
    "sum",
    define=_define_sum,
    product=True,
    latex=r"\operatorname{sum}",
    reason="definition of the sum over an axis",
    summary="the sum of the entries",
)
mean_p = _reduction(
    "mean",
    define=_define_mean,
    product=True,
    reason="the mean is the sum divided by how many there are",
    summary="the sum of the entries divided by their number",
)
var_p = _reduction(
    "var",
    define=_define_var,
    jacobian=_jacobian_var,
    reason="deviations from the mean add up to 0, so that only the entry itself counts: 2(x − mean)/n",
    summary="the mean of the squared deviations from the mean (divided by n)",
)
std_p = _reduction(
    "std",
    define=_define_std,
    jacobian=_jacobian_std,
    kink="std has no derivative where all entries are equal",
    reason="the square root of the variance: (x − mean)/(n · std)",
    summary="the square root of the variance",
)
max_p = _reduction(
    "max",
    jacobian=_jacobian_extreme(lambda e, top: ge_p(e, top)),
    latex=r"\max",
    kink="ties in max share the gradient equally",
    reason="only the entries that attain the maximum count, in equal parts",
    summary="the largest entry",
)
min_p = _reduction(
    "min",
    jacobian=_jacobian_extreme(lambda e, top: le_p(e, top)),
    latex=r"\min",
    kink="ties in min share the gradient equally",
    reason="only the entries that attain the minimum count, in equal parts",
    summary="the smallest entry",
)
prod_p = _reduction(
    "prod",
    jacobian=_jacobian_prod,
    latex=r"\prod",
    reason="product rule: the product of the other entries, which is prod/x where no entry is 0",
    summary="the product of the entries",
)
logsumexp_p = _reduction(
    "logsumexp",
    define=_define_logsumexp,
    jacobian=_jacobian_logsumexp,
    numpy="np.logaddexp.reduce({0}, axis={p0}, keepdims={p1})",
    reason="the derivative of log Σ exp(x) is the softmax, exp(x − logsumexp)",
    summary="log Σ exp(x), a smooth maximum",
)
norm1_p = _reduction(
    "norm1",
    define=_define_norm1,
    jacobian=_jacobian_norm1,
    numpy="np.sum(np.abs({0}), axis={p0}, keepdims={p1})",
    kink="the derivative of |x| at 0 is taken as 0",
    reason="the derivative of Σ |x| is the sign of x",
    summary="the sum of the absolute values, entry by entry",
)
norm2_p = _reduction(
    "norm2",
    define=_define_norm2,
    jacobian=_jacobian_norm2,
    numpy="np.sqrt(np.sum(np.square({0}), axis={p0}, keepdims={p1}))",
    kink="norm2 has no derivative where all entries are 0",
    reason="the derivative of √Σ x² is x divided by the norm",
    summary="the square root of the sum of squares (of a matrix: Frobenius)",
)
