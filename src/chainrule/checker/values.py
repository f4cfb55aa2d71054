"""What a side of a statement is: an index expression with axes; and why it may be none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.core.expr import Array, Delta, Expr, intern
from chainrule.core.graph import at
from chainrule.core.index import Index, affine, fresh
from chainrule.errors import ChainruleError


class NotUnderstoodError(ChainruleError):
    """What is written has no meaning that is certain: the reason, for people."""


class MisfitError(ChainruleError):
    """Shapes that do not fit, as they are declared."""


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


def delta(left: Index, right: Index) -> Expr:
    """Kronecker's delta of two letters."""
    return intern(Delta, affine(left), affine(right))
