"""Primitives that move, split, join and pick along axes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.core.expr import Delta, Expr, Iverson, Shape, Sum, Var, access, const, intern
from chainrule.core.index import Affine, affine, fresh, lookup
from chainrule.core.primitive import Args, Params, Primitive, Subs, register
from chainrule.core.size import ONE, ZERO, Size, SizeLike, same, size
from chainrule.errors import AxisError, ShapeError
from chainrule.primitives.shapes import axes_of, one_axis, show


def _infer_permute(args: Args, params: Params) -> tuple[Shape, bool]:
    (x,), (order,) = args, params
    if sorted(order) != list(range(x.ndim)):
        raise AxisError(f"permute needs each axis of shape {show(x.shape)} once, not {list(order)}")
    return tuple(x.shape[a] for a in order), x.row


def _define_permute(args: Args, params: Params, ix: Subs) -> Expr:
    place = dict(zip(params[0], ix, strict=True))
    return access(args[0], *(place[a] for a in range(args[0].ndim)))


def permute(x: Expr, axes: Iterable[int]) -> Expr:
    """The axes of `x` in another order: axis t of the result is axis `axes[t]` of `x`.

    Examples:
        >>> from chainrule.primitives.variables import tensor
        >>> permute(tensor("T", "m", "n", "k"), (2, 0, 1)).shape
        (Size('k'), Size('m'), Size('n'))
    """
    return permute_p(const(x), params=(axes_of(const(x), tuple(axes)),))


permute_p = register(
    Primitive(
        name="permute",
        infer=_infer_permute,
        define=_define_permute,
        product=True,
        call=("expr", "permutation"),
        build=permute,
        numpy="np.transpose({0}, {p0})",
        reason="permute renames the axes",
        summary="the axes in another order",
        example="permute(X, [1, 0])*X",
    )
)


def product_of(shape: Iterable[Size]) -> Size:
    """How many entries a tensor of this shape has."""
    n = ONE
    for m in shape:
        n = n * m
    return n


def _infer_reshape(args: Args, params: Params) -> tuple[Shape, bool]:
    (x,), (shape,) = args, params
    if not same(product_of(x.shape), product_of(shape)):
        raise ShapeError(
            f"cannot reshape {show(x.shape)} to {show(shape)}: "
            f"{product_of(x.shape)} entries against {product_of(shape)}"
        )
    return shape, False


def _define_reshape(args: Args, params: Params, ix: Subs) -> Expr:
    (x,), (shape,) = args, params
    flat = affine(0)
    for n, i in zip(shape, ix, strict=True):
        flat = flat.scaled(n) + i
    subs: list[Affine] = []
    for axis, n in enumerate(x.shape):
        part = flat // product_of(x.shape[axis + 1 :])
        subs.append(part % n if axis else part)
    return access(x, *subs)


def reshape(x: Expr, shape: Iterable[SizeLike]) -> Expr:
    """The entries of `x`, last axis fastest, in another shape.

    Examples:
        >>> from chainrule.primitives.variables import matrix
        >>> X = matrix("X", "m", "n")
        >>> reshape(X, (X.shape[0] * X.shape[1],)).shape
        (Size('m*n'),)
    """
    return reshape_p(const(x), params=(tuple(size(n) for n in shape),))


reshape_p = register(
    Primitive(
        name="reshape",
        infer=_infer_reshape,
        define=_define_reshape,
        product=True,
        call=("expr", "shape"),
        build=reshape,
        numpy="np.reshape({0}, {p0})",
        reason="reshape keeps the entries in their order, last axis fastest",
        summary="the same entries, in row-major order, in another shape",
        example="norm2(reshape(X, [m*n]))",
    )
)


def _infer_unsqueeze(args: Args, params: Params) -> tuple[Shape, bool]:
    (x,), (axis,) = args, params
    return (*x.shape[:axis], ONE, *x.shape[axis:]), False


def unsqueeze(x: Expr, axis: int) -> Expr:
    """`x` with a new axis of size 1 at `axis`.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> unsqueeze(vector("x", "n"), 0).shape
        (Size('1'), Size('n'))
    """
    x = const(x)
    if not -x.ndim - 1 <= axis <= x.ndim:
        raise AxisError(f"a new axis {axis} of a tensor of shape {show(x.shape)}: it goes from 0 to {x.ndim}")
    return unsqueeze_p(x, params=(axis % (x.ndim + 1),))


unsqueeze_p = register(
    Primitive(
        name="unsqueeze",
        infer=_infer_unsqueeze,
        define=lambda args, params, ix: access(args[0], *ix[: params[0]], *ix[params[0] + 1 :]),
        product=True,
        call=("expr", "axis"),
        build=unsqueeze,
        numpy="np.expand_dims({0}, {p0})",
        reason="an axis of size 1 changes no entry",
        summary="a new axis of size 1",
        example="X - unsqueeze(x, 0)",
    )
)


def _infer_slice(args: Args, params: Params) -> tuple[Shape, bool]:
    (x,), (axis, start, stop) = args, params
    axes_of(x, (axis,))
    checks = {"from": start, "to - from": stop - start - 1, "size - to": x.shape[axis] - stop}
    for what, n in checks.items():
        if n.constant is not None and n.constant < 0:
            raise ShapeError(f"slice from {start} to {stop} of an axis of size {x.shape[axis]}: {what} is too small")
    return (*x.shape[:axis], stop - start, *x.shape[axis + 1 :]), x.row


def _define_slice(args: Args, params: Params, ix: Subs) -> Expr:
    axis, start, _ = params
    return access(args[0], *ix[:axis], ix[axis] + start, *ix[axis + 1 :])


def slice_axis(x: Expr, axis: int, start: SizeLike, stop: SizeLike) -> Expr:
    """The part of `x` from `start` up to, without, `stop` along an axis.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> slice_axis(vector("x", "n"), 0, 1, 4).shape
        (Size('3'),)
    """
    x = const(x)
    return slice_p(x, params=(one_axis(x, axis), size(start), size(stop)))


slice_p = register(
    Primitive(
        name="slice",
        infer=_infer_slice,
        define=_define_slice,
        product=True,
        call=("expr", "axis", "size", "size"),
        build=slice_axis,
        reason="a slice shifts one subscript",
        summary="a part of one axis, half open",
        example="sum(slice(x, 0, 1, 2))",
    )
)


def _infer_concat(args: Args, params: Params) -> tuple[Shape, bool]:
    (axis,), first = params, args[0]
    total = ZERO
    for a in args:
        rest = [same(m, n) for k, (m, n) in enumerate(zip(first.shape, a.shape, strict=False)) if k != axis]
        if a.ndim != first.ndim or not all(rest) or a.row != first.row:
            raise ShapeError(f"cannot join shapes {show(first.shape)} and {show(a.shape)} along axis {axis}")
        total = total + a.shape[axis]
    return (*first.shape[:axis], total, *first.shape[axis + 1 :]), first.row


def _define_concat(args: Args, params: Params, ix: Subs) -> Expr:
    (axis,), offset = params, ZERO
    terms: list[Expr] = []
    for t, a in enumerate(args):
        here = ix[axis] - offset
        term = access(a, *ix[:axis], here, *ix[axis + 1 :])
        if t > 0:
            term = term * intern(Iverson, here)
        if t < len(args) - 1:
            term = term * intern(Iverson, affine(a.shape[axis] - 1) - here)
        terms.append(term)
        offset = offset + a.shape[axis]
    return _added(terms)


def _added(terms: list[Expr]) -> Expr:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def concat(axis: int, *parts: Expr) -> Expr:
    """The parts one after another along an axis that they have.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> concat(0, vector("x", "m"), vector("y", "n")).shape
        (Size('m+n'),)
    """
    operands = _some("concat", parts)
    return concat_p(*operands, params=(one_axis(operands[0], axis),))


def _some(name: str, parts: Sequence[Expr]) -> tuple[Expr, ...]:
    if not parts:
        raise ShapeError(f"{name} needs something to join", hint=f"{name}(0, x, y)")
    return tuple(map(const, parts))


concat_p = register(
    Primitive(
        name="concat",
        infer=_infer_concat,
        define=_define_concat,
        call=("axis", "exprs"),
        build=concat,
        numpy="np.concatenate([{args}], axis={p0})",
        reason="each part of a concatenation counts in its own range",
        summary="tensors one after another along an axis",
        example="norm2(concat(0, x, y))",
    )
)


def _infer_stack(args: Args, params: Params) -> tuple[Shape, bool]:
    (axis,), first = params, args[0]
    for a in args:
        if a.ndim != first.ndim or not all(same(m, n) for m, n in zip(first.shape, a.shape, strict=True)):
            raise ShapeError(f"cannot stack shapes {show(first.shape)} and {show(a.shape)}")
    return (*first.shape[:axis], size(len(args)), *first.shape[axis:]), False


def _define_stack(args: Args, params: Params, ix: Subs) -> Expr:
    (axis,) = params
    rest = (*ix[:axis], *ix[axis + 1 :])
    if len(args) == 1:
        return access(args[0], *rest)
    return _added([access(a, *rest) * intern(Delta, ix[axis], affine(t)) for t, a in enumerate(args)])


def stack(axis: int, *parts: Expr) -> Expr:
    """The parts, all of one shape, along a new axis.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> stack(0, vector("x", "n"), vector("y", "n")).shape
        (Size('2'), Size('n'))
    """
    operands = _some("stack", parts)
    ndim = operands[0].ndim
    if not -ndim - 1 <= axis <= ndim:
        raise AxisError(f"a new axis {axis} of parts of shape {show(operands[0].shape)}: it goes from 0 to {ndim}")
    return stack_p(*operands, params=(axis % (ndim + 1),))


stack_p = register(
    Primitive(
        name="stack",
        infer=_infer_stack,
        define=_define_stack,
        call=("axis", "exprs"),
        build=stack,
        numpy="np.stack([{args}], axis={p0})",
        reason="each part of a stack counts at its own place",
        summary="tensors of one shape along a new axis",
        example="norm2(stack(0, x, y))",
    )
)


def _infer_gather(args: Args, params: Params) -> tuple[Shape, bool]:
    (table, idx), (axis,) = args, params
    if not isinstance(idx, Var) or idx.index_size is None:
        raise ShapeError(
            "gather needs a variable that holds whole numbers as its second argument",
            hint='declare it with index: "idx: k index(n)"',
        )
    if not same(idx.index_size, table.shape[axis]):
        raise ShapeError(
            f"gather: {idx.name} holds numbers below {idx.index_size}, but axis {axis} has size {table.shape[axis]}"
        )
    return (*table.shape[:axis], *idx.shape, *table.shape[axis + 1 :]), False


def _define_gather(args: Args, params: Params, ix: Subs) -> Expr:
    (table, idx), (axis,) = args, params
    end = axis + idx.ndim
    return access(table, *ix[:axis], lookup(access(idx, *ix[axis:end])), *ix[end:])


def gather(table: Expr, idx: Expr, axis: int = 0) -> Expr:
    """The slices of `table` along `axis` that the whole numbers in `idx` name: rows of a table, by default.

    Examples:
        >>> from chainrule.primitives.variables import matrix, vector
        >>> gather(matrix("E", "n", "k"), vector("i", "m", "index(n)")).shape
        (Size('m'), Size('k'))
    """
    table = const(table)
    return gather_p(table, idx, params=(one_axis(table, axis),))


gather_p = register(
    Primitive(
        name="gather",
        infer=_infer_gather,
        define=_define_gather,
        product=True,
        call=("expr", "expr", "axis"),
        build=gather,
        numpy="np.take({0}, {1}, axis={p0})",
        reason="gather reads the entry that the index names",
        summary="rows of a table (or slices along an axis) by their numbers",
        example="norm2(gather(E, idx))",
    )
)


def _define_cumsum(args: Args, params: Params, ix: Subs) -> Expr:
    (x,), (axis,) = args, params
    k = fresh(x.shape[axis], "k")
    below = intern(Iverson, ix[axis] - k)
    return intern(Sum, k, access(x, *ix[:axis], k, *ix[axis + 1 :]) * below)


def cumsum(x: Expr, axis: int | None = None) -> Expr:
    """The sums of all entries up to each one along an axis, which a vector need not name.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> cumsum(vector("x", "n")).shape
        (Size('n'),)
    """
    x = const(x)
    return cumsum_p(x, params=(one_axis(x, axis),))


cumsum_p = register(
    Primitive(
        name="cumsum",
        infer=lambda args, params: (args[0].shape, args[0].row),
        define=_define_cumsum,
        product=True,
        call=("expr", "axis"),
        build=cumsum,
        numpy="np.cumsum({0}, axis={p0})",
        reason="a cumulative sum takes the entries up to its own",
        summary="cumulative sums along an axis",
        example="norm2(cumsum(x))",
    )
)
