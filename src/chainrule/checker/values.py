"""What a side of a statement is: an index expression with axes; and the algebra of such sides, strict about shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chainrule.core.expr import Array, Delta, Expr, Sum, const, intern
from chainrule.core.graph import at
from chainrule.core.index import Index, affine, fresh
from chainrule.core.size import ONE, Size, size
from chainrule.errors import ChainruleError
from chainrule.primitives.arithmetic import add_p, div_p, mul_p, neg_p, sub_p


class NotUnderstoodError(ChainruleError):
    """What is written has no meaning that is certain: the reason, for people."""


class MisfitError(ChainruleError):
    """Shapes that do not fit, as they are declared."""


class Sizes:
    """Sizes, of which those whose name begins with ? are not known yet and become one with what they meet."""

    def __init__(self) -> None:
        self._bound: dict[str, Size] = {}

    def resolve(self, s: Size) -> Size:
        """The size with all that is known put in."""
        while any(n in self._bound for n in s.names):
            s = s.substitute(self._bound)
        return s

    def same(self, a: Size, b: Size) -> bool:
        """Whether two sizes are one; from now on they are, if one of them was not known."""
        a, b = self.resolve(a), self.resolve(b)
        if a is b:
            return True
        for x, y in ((a, b), (b, a)):
            name = str(x)
            if name.startswith("?") and name in x.names and name not in y.names:
                self._bound[name] = y
                return True
        return False

    def same_already(self, a: Size, b: Size) -> bool:
        """Whether two sizes are known to be one."""
        return self.resolve(a) is self.resolve(b)

    @property
    def learnt(self) -> int:
        """How many sizes have become known."""
        return len(self._bound)

    def known(self, s: Size) -> bool:
        """Whether nothing in it is unknown."""
        return not any(n.startswith("?") for n in self.resolve(s).names)

    def settle(self, sizes: dict[str, int]) -> dict[str, int]:
        """Lengths for all names, those of sizes that became one made one."""
        out = dict(sizes)
        for name, bound in self._bound.items():
            if name in out:
                s = self.resolve(bound)
                for n in s.names:
                    out.setdefault(n, 2 + len(out) % 3)
                out[name] = s.evaluate(out)
        return out


@dataclass(frozen=True, slots=True)
class Val:
    """An index expression; `axes` are those of its letters that are axes, `row` marks a vector that lies."""

    body: Expr
    axes: tuple[Index, ...] = ()
    row: bool = False

    @property
    def ndim(self) -> int:
        return len(self.axes)

    @property
    def letters(self) -> frozenset[Index]:
        """The letters that are not axes: the free indices of an entry."""
        return self.body.free - frozenset(self.axes)

    def renewed(self) -> Val:
        """The same value with axes that occur nowhere else."""
        new = tuple(fresh(i.size, i.hint) for i in self.axes)
        return self.on(new)

    def on(self, axes: Sequence[Index]) -> Val:
        """The same value with other letters for its axes."""
        body = at(self.body, {i: affine(j) for i, j in zip(self.axes, axes, strict=True) if i is not j})
        return Val(body, tuple(axes), self.row)

    def tensor(self) -> Expr:
        """The value as one node, a scalar as a vector of one entry."""
        axes = self.axes or (fresh(1, "o"),)
        return intern(Array, axes, self.body)

    def describe(self) -> str:
        """Its shape, for people."""
        names = [str(i.size).lstrip("?").split(":")[-1] for i in self.axes]
        if not names:
            return "a number"
        if len(names) == 1:
            return f"a row (1 × {names[0]})" if self.row else f"a column ({names[0]} × 1)"
        return "(" + " × ".join(names) + ")"


def number(x: int) -> Val:
    """A whole number as a value."""
    return Val(const(x))


class Algebra:
    """Products, sums and functions of values. Vectors are columns unless they lie."""

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


def delta(left: Index, right: Index) -> Expr:
    """Kronecker's delta of two letters."""
    return intern(Delta, affine(left), affine(right))


def literal(n: int) -> Size:
    """A whole number as a size."""
    return size(n)
