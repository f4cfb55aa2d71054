"""Layers of networks: softmax, convolution, pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.core.expr import Delta, Expr, Iverson, Shape, SizeValue, Sum, access, const, intern
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.core.primitive import Args, Params, Primitive, Subs, register
from chainrule.core.size import ONE, ZERO, Size, SizeLike, same, size
from chainrule.errors import ShapeError
from chainrule.primitives.elementwise import exp_p, ge_p, indicator, log_p
from chainrule.primitives.reductions import times_deltas
from chainrule.primitives.shapes import axes_of, one_axis, show


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

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> softmax(vector("x", "n")).shape
        (Size('n'),)
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
        reason="quotient rule, every factor rewritten with the softmax itself",
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


def _infer_conv(spatial: int) -> Callable[[Args, Params], tuple[Shape, bool]]:
    def infer(args: Args, params: Params) -> tuple[Shape, bool]:
        (x, k), (stride, pad) = args, params
        if x.ndim != 1 + spatial or k.ndim != 2 + spatial:
            raise ShapeError(
                f"conv{spatial}d needs X: channels × space and K: out × in × space, "
                f"not shapes {show(x.shape)} and {show(k.shape)}",
                hint="unsqueeze(x, 0) adds an axis of one channel",
            )
        if not same(x.shape[0], k.shape[1]):
            raise ShapeError(f"conv{spatial}d: X has {x.shape[0]} channels, K takes {k.shape[1]}")
        space = zip(x.shape[1:], k.shape[2:], strict=True)
        return (k.shape[0], *(_positive((n + pad * 2 - w) // stride + 1, x, k) for n, w in space)), False

    return infer


def _positive(n: Size, x: Expr, k: Expr) -> Size:
    if n.constant is not None and n.constant <= 0:
        raise ShapeError(f"a window of shape {show(k.shape)} does not fit into shape {show(x.shape)}")
    return n


def _sum_over(bound: list[Index], body: Expr) -> Expr:
    for k in reversed(bound):
        body = intern(Sum, k, body)
    return body


def _define_conv(args: Args, params: Params, ix: Subs) -> Expr:
    (x, k), (stride, pad) = args, params
    channel, *window = bound = [fresh(n, "c" if a == 0 else "d") for a, n in enumerate(k.shape[1:])]
    places = [i.scaled(stride) + d - pad for i, d in zip(ix[1:], window, strict=True)]
    body = access(x, channel, *places) * access(k, ix[0], *bound)
    if pad is not ZERO:
        for place, n in zip(places, x.shape[1:], strict=True):
            body = body * intern(Iverson, place) * intern(Iverson, affine(n - 1) - place)
    return _sum_over(bound, body)


def _convolution(spatial: int, example: str) -> Primitive:
    name = f"conv{spatial}d"

    def build(x: Expr, kernel: Expr, stride: SizeLike = 1, pad: SizeLike = 0) -> Expr:
        stride, pad = size(stride), size(pad)
        if stride.constant is not None and stride.constant < 1:
            raise ShapeError(f"{name}: the stride must be at least 1, not {stride}")
        if pad.constant is not None and pad.constant < 0:
            raise ShapeError(f"{name}: the padding must be at least 0, not {pad}")
        return p(const(x), const(kernel), params=(stride, pad))

    p = register(
        Primitive(
            name=name,
            infer=_infer_conv(spatial),
            define=_define_conv,
            product=True,
            call=("expr", "expr", "size", "size"),
            build=build,
            latex=rf"\operatorname{{{name}}}",
            reason="definition of the convolution: Σ over channels and the window",
            summary="cross-correlation of X (channels × space) with K (out × in × space), stride 1 and no padding "
            "unless given",
            source="dumoulin2016",
            example=example,
        )
    )
    return p


conv1d_p = _convolution(1, "norm2(conv1d(X, T))")
conv2d_p = _convolution(2, "norm2(conv2d(T, K))")


def _infer_pool(spatial: int) -> Callable[[Args, Params], tuple[Shape, bool]]:
    def infer(args: Args, params: Params) -> tuple[Shape, bool]:
        (x,), (w,) = args, params
        if x.ndim < spatial:
            raise ShapeError(f"pooling over {spatial} axes needs them, not shape {show(x.shape)}")
        keep = x.ndim - spatial
        out = tuple(n // w for n in x.shape[keep:])
        if any(n.constant == 0 for n in out):
            raise ShapeError(f"a window of {w} does not fit into shape {show(x.shape)}")
        return (*x.shape[:keep], *out), x.row

    return infer


def _window(x: Expr, spatial: int, w: Size, ix: Subs) -> tuple[list[Index], Expr]:
    """An entry of the window that the entry `ix` of the result looks at, and the indices over the window."""
    keep = x.ndim - spatial
    bound = [fresh(w, "d") for _ in range(spatial)]
    places = [i.scaled(w) + d for i, d in zip(ix[keep:], bound, strict=True)]
    return bound, access(x, *ix[:keep], *places)


def _define_avgpool(spatial: int) -> Callable[[Args, Params, Subs], Expr]:
    def define(args: Args, params: Params, ix: Subs) -> Expr:
        (x,), (w,) = args, params
        bound, body = _window(x, spatial, w, ix)
        n = w if spatial == 1 else w * w
        return _sum_over(bound, body) / intern(SizeValue, n)

    return define


def _jacobian_maxpool(spatial: int) -> Callable[[Args, Params, Expr, Subs, int, Subs], Expr]:
    """1 at the entries that attain the maximum of their window, divided by how many do."""

    def jacobian(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
        (x,), (w,), top = args, params, access(y, *ix)
        bound, body = _window(x, spatial, w, ix)
        ties = _sum_over(bound, indicator(ge_p(body, top)))
        keep = x.ndim - spatial
        value = indicator(ge_p(access(x, *jx), top)) / ties
        value = times_deltas(x.shape[:keep], ix[:keep], jx[:keep], (), value)
        seen: list[Affine] = [j // w for j in jx[keep:]]
        for i, j in zip(ix[keep:], seen, strict=True):
            value = value * intern(Delta, i, j)
        return value

    return jacobian


def _pooling(name: str, spatial: int, **fields: Any) -> Primitive:
    def build(x: Expr, window: SizeLike) -> Expr:
        w = size(window)
        if w.constant is not None and w.constant < 1:
            raise ShapeError(f"{name}: the window must be at least 1, not {w}")
        return p(const(x), params=(w,))

    p = register(
        Primitive(
            name=name,
            infer=_infer_pool(spatial),
            call=("expr", "size"),
            build=build,
            latex=rf"\operatorname{{{name}}}",
            example=f"norm2({name}(X, 2))",
            **fields,
        )
    )
    return p


def _maxpool(spatial: int) -> Primitive:
    return _pooling(
        f"maxpool{spatial}d",
        spatial,
        jacobian=_jacobian_maxpool(spatial),
        kink="ties in a window share the gradient equally",
        reason="only the entries that attain the maximum of their window count",
        summary="the maximum of each window, side by side; what does not fill a window is dropped",
    )


def _avgpool(spatial: int) -> Primitive:
    return _pooling(
        f"avgpool{spatial}d",
        spatial,
        define=_define_avgpool(spatial),
        product=True,
        reason="definition of the average over a window",
        summary="the mean of each window, side by side; what does not fill a window is dropped",
    )


maxpool1d_p, maxpool2d_p = _maxpool(1), _maxpool(2)
avgpool1d_p, avgpool2d_p = _avgpool(1), _avgpool(2)
