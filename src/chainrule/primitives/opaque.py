"""Functions that nothing is known of: their derivatives stay symbols."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.core.expr import Access, Apply, Expr, ExprLike, Shape, access, const
from chainrule.core.primitive import Args, Params, Primitive, Subs, register
from chainrule.core.size import same
from chainrule.errors import NotDifferentiable, ShapeError
from chainrule.primitives.arithmetic import pointwise
from chainrule.primitives.shapes import show


@dataclass(frozen=True)
class OpaqueFunction:
    """A function without a definition, twice continuously differentiable.

    arg: the shape of its argument; None until the first use, which settles it.
    out: the shape of its value.
    elementwise: whether it is an unknown scalar function, applied entry by entry.
    """

    name: str
    arg: Shape | None = None
    out: Shape = ()
    elementwise: bool = False
    _used: list[Shape] = field(default_factory=list[Shape], init=False, repr=False, compare=False)

    def __call__(self, y: ExprLike, order: int = 0) -> Expr:
        """The value at `y`; with `order` 1 or 2, the first or second derivative there.

        Raises:
            ShapeError: `y` does not have the shape of the argument.
            NotDifferentiable: `order` is more than 2.
        """
        y = const(y)
        if order > 2:
            raise _third(self)
        if self.elementwise:
            return opaque_elementwise_p(y, params=(self, order))
        if self.arg is None:
            self._used[:] = self._used or [y.shape]
            _fits(self, self._used[0], y)
            return opaque_p(y, params=(OpaqueFunction(self.name, self._used[0], self.out), order))
        return opaque_p(y, params=(self, order))


def _third(fn: OpaqueFunction) -> NotDifferentiable:
    return NotDifferentiable(
        f"a third derivative of the opaque function {fn.name} is refused: it is known to have two only",
        hint=f"give {fn.name} a definition",
    )


def _fits(fn: OpaqueFunction, arg: Shape, y: Expr) -> None:
    if len(arg) != y.ndim or not all(same(m, n) for m, n in zip(arg, y.shape, strict=True)):
        raise ShapeError(f"{fn.name} takes an argument of shape {show(arg)}, not {show(y.shape)}")


def _infer(args: Args, params: Params) -> tuple[Shape, bool]:
    (y,), (fn, order) = args, params
    arg: Shape = y.shape if fn.arg is None else fn.arg
    _fits(fn, arg, y)
    return fn.out + arg * order, False


def _jacobian(args: Args, params: Params, y: Expr, ix: Subs, k: int, jx: Subs) -> Expr:
    fn, order = params
    if order == 2:
        raise _third(fn)
    return access(opaque_p(args[0], params=(fn, order + 1)), *ix, *jx)


opaque_p = register(
    Primitive(
        name="opaque",
        infer=_infer,
        jacobian=_jacobian,
        reason="chain rule: the derivative of an opaque function stays a symbol",
        summary="an opaque function applied to a tensor",
        example="J(y)",
    )
)


def _partial(args: Args, y: Expr) -> Expr:
    node = y.tensor if isinstance(y, Access) else y
    assert isinstance(node, Apply)
    fn, order = node.params
    if order == 2:
        raise _third(fn)
    return opaque_elementwise_p(args[0], params=(fn, order + 1))


opaque_elementwise_p = pointwise(
    "opaque_elementwise",
    partials=(_partial,),
    reason="chain rule: the derivative of an unknown scalar function stays a symbol, s′",
    summary="an unknown scalar function applied entry by entry",
    example="sum(s(x))",
)
