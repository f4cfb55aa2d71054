"""What a side of a statement means: from its syntax tree to an index expression of the engine."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.arrays import column, matrix
from chainrule.checker.calls import call
from chainrule.checker.conditions import cases, holds
from chainrule.checker.derivatives import derivative
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.names import defined, symbol
from chainrule.checker.printed import written
from chainrule.checker.products import product
from chainrule.checker.sums import added, over_letters
from chainrule.checker.values import NotUnderstoodError, Val


class Meaning(Evaluation):
    """The sides of one statement."""

    def value(self, node: s.Node) -> Val:
        """The value of a side, or of a part of one.

        Raises:
            NotUnderstoodError: it has no meaning that is certain.
            MisfitError: shapes that do not fit.
        """
        self.symbols.check_time()
        if self.world.claimed and not isinstance(node, (s.Symbol, s.Number)):
            found = self.claimed(written(node))
            if found is not None:
                return found
        if not self.bind and not self.locals:
            alias = self.world.alias(node)
            if alias is not None:
                return defined(self, alias)
        return self._value(node)

    def _value(self, node: s.Node) -> Val:
        match node:
            case s.Number(value=v, places=places):
                return Val(self.world.number(v, places))
            case s.Symbol() | s.Scripted():
                return symbol(self, node)
            case s.Transposed(body=s.Group(items=(_, _, *_)) as listed):
                return self.value(listed)  # (x₁, …, xₙ)ᵀ is a column
            case s.Transposed(body=body):
                return self.algebra.transpose(self.value(body))
            case s.Group():
                return self._group(node)
            case s.Sum(terms=terms):
                return added(self, terms)
            case s.Product(factors=factors, signs=signs):
                return product(self, factors, signs)
            case s.Quotient(over=a, under=b, entrywise=entrywise):
                return self._quotient(self.value(a), self.value(b), entrywise)
            case s.Derivative():
                return derivative(self, node)
            case s.BigOperator():
                return over_letters(self, node)
            case s.Call():
                return call(self, node)
            case s.Matrix(rows=rows):
                return matrix(self, rows, node.start)
            case s.Cases(rows=rows):
                return cases(self, rows)
            case s.Indicator(condition=c):
                return holds(self, c)
            case s.Unread(reason=reason):
                raise NotUnderstoodError(reason)
            case _:
                raise NotUnderstoodError(f"{type(node).__name__.lower()} within a formula")

    def _group(self, node: s.Group) -> Val:
        if len(node.items) == 1:
            return self.value(node.items[0])
        if node.kind == "{":
            raise NotUnderstoodError("a set")
        if not node.kind:
            raise NotUnderstoodError("several values with commas between them")
        return column(self, node.items, node.start)

    def _quotient(self, a: Val, b: Val, entrywise: bool) -> Val:
        if b.ndim and not entrywise and b.ndim != a.ndim:
            raise NotUnderstoodError(f"a quotient by {b.describe()}")
        return self.algebra.hadamard(a, b, divide=True)
