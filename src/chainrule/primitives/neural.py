"""Layers of networks: softmax, convolution, pooling."""

from __future__ import annotations

from chainrule.core.expr import Delta, Expr, Shape, Sum, access, const, intern
from chainrule.core.index import fresh
from chainrule.core.primitive import Args, Params, Primitive, Subs, register
from chainrule.core.size import ONE
from chainrule.primitives.elementwise import exp_p, log_p
from chainrule.primitives.reductions import times_deltas
from chainrule.primitives.shapes import axes_of, one_axis


def _same_shape(args: Args, params: Params) -> tuple[Shape, bool]:
    axes_of(args[0], params)
    return args[0].shape, args[0].row


def _total_exp(x: Expr, axis: int, ix: Subs) -> Expr:
    k = fresh(x.shape[axis], "k")
    return intern(Sum, k, exp_p(access(x, *ix[:axis], k, *ix[axis + 1 :])))


def _define_softmax(args: Args, params: Params, ix: Subs) -> Expr:
    (x,), (axis,) = args, params
    return exp_p(access(x, *ix)) / _total_exp(x, axis, ix)


def _define_log_softmax(args: Args, params: Params, ix: Subs) -> Expr:
    (x,), (axis,) = args, params
    return access(x, *ix) - log_p(_total_exp(x, axis, ix))


def _delta_along(x: Expr, axis: int, ix: Subs, jx: Subs) -> Expr:
    return const(1) if x.shape[axis] is ONE else intern(Delta, ix[axis], jx[axis])


def _jacobian_softmax(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    (x,), (axis,) = args, params
    other = access(y, *ix[:axis], jx[axis], *ix[axis + 1 :])
    value = access(y, *ix) * (_delta_along(x, axis, ix, jx) - other)
    return times_deltas(x.shape, ix, jx, (axis,), value)


def _jacobian_log_softmax(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    (x,), (axis,) = args, params
    other = access(softmax_p(x, params=params), *ix[:axis], jx[axis], *ix[axis + 1 :])
    return times_deltas(x.shape, ix, jx, (axis,), _delta_along(x, axis, ix, jx) - other)


def softmax(x: Expr, axis: int | None = None) -> Expr:
    """Softmax of `x` along `axis`, which a vector need not name: positive, and sums to one along it.

    Raises:
        AxisError: `x` has no such axis, or several and none is named.
    """
    x = const(x)
    return softmax_p(x, params=(one_axis(x, axis),))


def log_softmax(x: Expr, axis: int | None = None) -> Expr:
    """The logarithm of the softmax of `x` along `axis`, which a vector need not name.

    Raises:
        AxisError: `x` has no such axis, or several and none is named.
    """
    x = const(x)
    return log_softmax_p(x, params=(one_axis(x, axis),))


softmax_p = register(
    Primitive(
        name="softmax",
        infer=_same_shape,
        define=_define_softmax,
        jacobian=_jacobian_softmax,
        call=("expr", "axis"),
        build=softmax,
        numpy="np.exp({0} - np.logaddexp.reduce({0}, axis={p0}, keepdims=True))",
        latex=r"\operatorname{softmax}",
        reason="quotient rule, every factor rewritten with the softmax itself: y_i (δ_ij − y_j)",
        summary="exp(x) divided by its sum along an axis",
        source="bridle1990",
        example="t'*log(softmax(x))",
    )
)
log_softmax_p = register(
    Primitive(
        name="log_softmax",
        infer=_same_shape,
        define=_define_log_softmax,
        jacobian=_jacobian_log_softmax,
        call=("expr", "axis"),
        build=log_softmax,
        numpy="{0} - np.logaddexp.reduce({0}, axis={p0}, keepdims=True)",
        latex=r"\log\operatorname{softmax}",
        reason="x_i − log Σ exp(x) has the derivative δ_ij − softmax(x)_j",
        summary="the logarithm of the softmax",
        source="bridle1990",
        example="t'*log_softmax(x)",
    )
)
