"""A derivation: the steps from ∂(expression) to the result, as a value that prints itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.core.expr import Access, Apply, Array, Expr, Var
from chainrule.core.graph import walk
from chainrule.core.index import Index
from chainrule.explain.layout import laid_out
from chainrule.explain.step import Step
from chainrule.notation.forms import latex, text
from chainrule.notation.operations import operations


@dataclass(frozen=True, eq=False)
class Derivation:
    """The derivative of `expression` by `wrt`, with the steps that lead to it.

    result: the derivative; its axes are the expression's, then those of each variable in `wrt`.
    vec: ∂vec/∂vec with Kronecker products, where the result has more than two axes and there is such a form.
    notes: conventions and facts that the result relies on.
    layout: "numerator" or "denominator", which the matrix form is shown in; None for gradients of the variable's shape
        and Jacobians with output axes first.
    """

    expression: Expr
    wrt: tuple[Var, ...]
    result: Expr
    steps: tuple[Step, ...]
    indices: tuple[Index, ...]
    vec: Expr | None = None
    notes: tuple[str, ...] = ()
    hints: dict[Expr, str] | None = None
    layout: str | None = None

    @property
    def order(self) -> int:
        return len(self.wrt)

    @property
    def is_matrix(self) -> bool:
        """Whether the result is in matrix notation: no einsum, and nothing entry by entry."""
        return in_matrices(self.result)

    @cached_property
    def is_vec(self) -> bool:
        """Whether the matrix form that is shown is ∂vec Y/∂vec X, vec stacking columns."""
        return self.vec is not None and not (self.is_matrix and operations(self.result) <= operations(self.vec))

    @cached_property
    def shown(self) -> Expr:
        """What is shown as the matrix form: the result, or its ∂vec/∂vec where the result has more axes."""
        plain = self.vec if self.is_vec and self.vec is not None else self.result
        if self.layout is None:
            return plain
        return laid_out(plain, 1 if self.is_vec else self.result.ndim - self.wrt[-1].ndim, self.layout)

    def text(self, form: str = "matrix") -> str:
        """The result as text: form "matrix", "index", "element" or "einsum"."""
        return text(self.shown if form == "matrix" else self.result, form, hints=self.hints)

    def latex(self, form: str | None = None) -> str:
        """The derivation as LaTeX (an `aligned` block), or with `form` the result alone."""
        from chainrule.explain.show import derivation_latex

        if form is not None:
            return latex(self.shown if form == "matrix" else self.result, form, hints=self.hints)
        return derivation_latex(self)

    def to_dict(self) -> dict[str, Any]:
        """What `derive --json` prints.

        In `result`, `matrix_layout` is "jac", or "vec" where `matrix` is ∂vec/∂vec; `layout` is the one that was asked
        for, in which `matrix` is written, or None.
        """
        from chainrule.explain.show import derivation_dict

        return derivation_dict(self)

    @property
    def operations(self) -> int:
        """Operations of the form that is shown, equal subexpressions counted once."""
        return operations(self.shown)

    def text_steps(self, fold: bool = False) -> str:
        """The numbered steps with their reasons; with `fold` the lines of one operation are one line."""
        from chainrule.explain.show import derivation_text

        return derivation_text(self, fold)

    def __str__(self) -> str:
        return self.text_steps()

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def in_matrices(e: Expr) -> bool:
    """Whether an expression is in matrix notation: no einsum, and nothing entry by entry."""
    return not any(isinstance(n, (Array, Access)) or (isinstance(n, Apply) and n.op.name == "einsum") for n in walk(e))
