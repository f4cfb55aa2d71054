"""Products, sums and functions of values, strict about their shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.checker.sizes import Sizes
from chainrule.checker.values import MisfitError, NotUnderstoodError, Val
from chainrule.core.expr import Delta, Expr, Sum, intern
from chainrule.core.graph import at
from chainrule.core.index import Index, affine, fresh
from chainrule.core.size import ONE
from chainrule.primitives.arithmetic import add_p, div_p, mul_p, neg_p, sub_p


class Algebra:
    """Vectors are columns unless they lie."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    def fits(self, a: Index, b: Index, what: str) -> None:
        """Check that two axes have one size.

        Raises:
            MisfitError: they have not.
        """
        if not self.sizes.same(a.size, b.size):
            raise MisfitError(f"{what}: {_size(a)} against {_size(b)}")

    def transpose(self, a: Val) -> Val:
        """The transpose of a matrix; of a vector the row."""
        if a.ndim == 0:
            return a
        if a.ndim == 1:
            return Val(a.body, a.axes, not a.row)
        if a.ndim == 2:
            return Val(a.body, a.axes[::-1])
        raise NotUnderstoodError(f"a transpose of something with {a.ndim} axes")

    def add(self, sign: int, a: Val, b: Val) -> Val:
        """Sum or difference; numbers are added to every entry, a bias to every row or column."""
        a, b = self._alike(a, b, "a sum")
        return Val((add_p if sign > 0 else sub_p)(a.body, b.body), a.axes, a.row)

    def negative(self, a: Val) -> Val:
        return Val(neg_p(a.body), a.axes, a.row)

    def hadamard(self, a: Val, b: Val, divide: bool = False) -> Val:
        """The product or quotient entry by entry."""
        if a.ndim and b.ndim and a.ndim != b.ndim and not divide:
            raise MisfitError(f"a product entry by entry of {a.describe()} and {b.describe()}")
        a, b = self._alike(a, b, "a product entry by entry")
        return Val((div_p if divide else mul_p)(a.body, b.body), a.axes, a.row)

    def _alike(self, a: Val, b: Val, what: str) -> tuple[Val, Val]:
        if not a.ndim or not b.ndim:
            wide = a if a.ndim else b
            return Val(a.body, wide.axes, wide.row), Val(b.body, wide.axes, wide.row)
        if a.ndim == b.ndim:
            if a.ndim == 1 and a.row != b.row and a.axes[0].size is not ONE:
                raise MisfitError(f"{what} of {a.describe()} and {b.describe()}")
            for i, j in zip(a.axes, b.axes, strict=True):
                self.fits(i, j, f"{what} of {a.describe()} and {b.describe()}")
            return a, b.on(a.axes)
        wide, thin = (a, b) if a.ndim > b.ndim else (b, a)
        if (wide.ndim, thin.ndim) != (2, 1):
            raise MisfitError(f"{what} of {a.describe()} and {b.describe()}")
        place = 1 if thin.row else 0
        if self.sizes.resolve(wide.axes[0].size) is not self.sizes.resolve(wide.axes[1].size) and not thin.row:
            if not all(self.sizes.known(i.size) for i in (*wide.axes, *thin.axes)):
                raise NotUnderstoodError(f"whether {thin.describe()} is added to rows or to columns")
            matching = [
                k for k in (0, 1) if self.sizes.resolve(wide.axes[k].size) is self.sizes.resolve(thin.axes[0].size)
            ]
            place = matching[0] if matching else place
        self.fits(wide.axes[place], thin.axes[0], f"{what} of {a.describe()} and {b.describe()}")
        spread = Val(thin.on((wide.axes[place],)).body, wide.axes)
        return (wide, spread) if wide is a else (spread, wide)

    def product(self, a: Val, b: Val) -> Val:
        """What juxtaposition means: scaling, or the matrix product."""
        if not a.ndim or not b.ndim:
            wide = a if a.ndim else b
            return Val(mul_p(a.body, b.body), wide.axes, wide.row)
        if a.ndim == 1 and b.ndim > 2:
            return self.contract(a, b, "a chain of derivatives")
        if b.ndim == 1 and a.ndim > 2:
            return self.contract(b, a, "a chain of derivatives")
        if a.ndim == 1 and b.ndim == 1 and not a.row:
            if not b.row:
                raise MisfitError(f"a product of {a.describe()} and {b.describe()}")
            return self.outer(a, b)
        if a.ndim == 1 and not a.row:
            if self.sizes.resolve(b.axes[0].size) is ONE:
                return self.outer(a, Val(b.body, (b.axes[1],)))
            raise MisfitError(f"a product of {a.describe()} and {b.describe()}")
        if b.ndim == 1 and b.row:
            if self.sizes.resolve(a.axes[-1].size) is ONE:
                return self.outer(Val(a.body, (a.axes[0],)), b)
            raise MisfitError(f"a product of {a.describe()} and {b.describe()}")
        if a.ndim > 2 and b.ndim > 2:
            raise NotUnderstoodError("a product of tensors with more than two axes")
        return self.contract(a, b, f"a product of {a.describe()} and {b.describe()}")

    def contract(self, a: Val, b: Val, what: str = "a product") -> Val:
        """Σ over the last axis of `a` and the first of `b`."""
        k, j = a.axes[-1], b.axes[0]
        self.fits(k, j, what)
        body = intern(Sum, k, mul_p(a.body, b.on((k, *b.axes[1:])).body))
        axes = a.axes[:-1] + b.axes[1:]
        return Val(body, axes, row=len(axes) == 1 and a.ndim == 1)

    def inner(self, a: Val, b: Val) -> Val:
        """Σ of the products of the entries of two vectors."""
        return self.contract(a, b, "an inner product")

    def outer(self, a: Val, b: Val) -> Val:
        return Val(mul_p(a.body, b.body), a.axes + b.axes)

    def each(self, f: Callable[[Expr], Expr], a: Val) -> Val:
        """A function applied entry by entry."""
        return Val(f(a.body), a.axes, a.row)

    def diag(self, a: Val) -> Val:
        """The diagonal matrix of a vector, or the diagonal of a matrix."""
        if a.ndim == 1:
            j = fresh(a.axes[0].size, "j")
            return Val(mul_p(a.body, intern(Delta, affine(a.axes[0]), affine(j))), (a.axes[0], j))
        if a.ndim == 2:
            self.fits(*a.axes, what="a diagonal")
            return self._diagonal(a)
        raise NotUnderstoodError("diag of something that is neither a vector nor a matrix")

    def _diagonal(self, a: Val) -> Val:
        i, j = a.axes
        return Val(at(a.body, {j: affine(i)}), (i,))

    def trace(self, a: Val) -> Val:
        if a.ndim == 0:
            return a
        if a.ndim != 2:
            raise MisfitError(f"the trace of {a.describe()}")
        self.fits(*a.axes, what="a trace")
        d = self._diagonal(a)
        return Val(intern(Sum, d.axes[0], d.body))

    def total(self, a: Val, over: Sequence[Index] | None = None) -> Val:
        """The sum over axes, all by default."""
        over = a.axes if over is None else over
        body = a.body
        for i in reversed(list(over)):
            body = intern(Sum, i, body)
        return Val(body, tuple(i for i in a.axes if i not in over), a.row)


def _size(i: Index) -> str:
    return str(i.size).lstrip("?").split(":")[-1]
