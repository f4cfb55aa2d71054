"""Shape rules that many primitives share."""

from __future__ import annotations

from chainrule.core.expr import Expr, Shape, access
from chainrule.core.primitive import Args, Params, Subs
from chainrule.core.size import ONE, Size, same
from chainrule.errors import AxisError, ShapeError


def show(shape: Shape) -> str:
    """A shape as people write it: (m, n)."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def broadcast(args: Args, params: Params = ()) -> tuple[Shape, bool]:
    """Shape of an elementwise result: scalars stretch to anything, axes of size 1 to any size."""
    shape: Shape | None = None
    row = False
    for a in args:
        if not a.shape:
            continue
        if shape is None:
            shape, row = a.shape, a.row
            continue
        if len(a.shape) != len(shape):
            raise ShapeError(
                f"cannot combine shapes {show(shape)} and {show(a.shape)} entry by entry: "
                f"{len(shape)} axes against {len(a.shape)}",
                hint="add the missing axis with unsqueeze(x, axis), or reduce with keep",
            )
        if row != a.row:
            raise ShapeError("cannot combine a row with a column entry by entry", hint="transpose one of them: x'")
        shape = tuple(_stretch(m, n, shape, a.shape) for m, n in zip(shape, a.shape, strict=True))
    return shape or (), row


def _stretch(m: Size, n: Size, left: Shape, right: Shape) -> Size:
    if m is ONE:
        return n
    if n is ONE or same(m, n):
        return m
    raise ShapeError(
        f"cannot combine shapes {show(left)} and {show(right)} entry by entry: sizes {m} and {n} differ",
        hint="sizes that are meant to be one must have one name",
    )


def entry(a: Expr, ix: Subs) -> Expr:
    """The entry of an elementwise operand at the subscripts of the result."""
    return access(a, *ix) if a.shape else a


def require(condition: bool, message: str, hint: str = "") -> None:
    if not condition:
        raise ShapeError(message, hint=hint)


def square(a: Expr, name: str) -> Size:
    """The size of a square matrix; ShapeError for anything else."""
    if a.ndim != 2 or not same(a.shape[0], a.shape[1]):
        raise ShapeError(f"{name} needs a square matrix, not shape {show(a.shape)}")
    return a.shape[0]


def axes_of(a: Expr, axes: tuple[int, ...]) -> tuple[int, ...]:
    """Axes as whole numbers from 0, negative ones counted from the end."""
    out: list[int] = []
    for axis in axes:
        if not -a.ndim <= axis < a.ndim:
            known = ", ".join(map(str, range(a.ndim)))
            number = f"{a.ndim} axes" if a.ndim != 1 else "one axis"
            raise AxisError(f"axis {axis} of a tensor of shape {show(a.shape)}: it has {number}", hint=known)
        out.append(axis % a.ndim)
    if len(set(out)) != len(out):
        raise AxisError(f"axes {list(axes)} name one axis twice")
    return tuple(out)


def one_axis(a: Expr, axis: int | None = None) -> int:
    """One axis as a whole number from 0; a vector need not name it."""
    if axis is None:
        if a.ndim != 1:
            raise AxisError(f"a tensor of shape {show(a.shape)} needs an axis, a whole number from 0", hint="f(X, 0)")
        return 0
    if not isinstance(axis, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise AxisError(f"an axis is a whole number, not {axis!r}")
    return axes_of(a, (axis,))[0]
