"""Formulas that a symbol stands for: W x within W x + b is u where u = W x, so that derivatives by u find it."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.checker import syntax as s
from chainrule.checker.printed import written
from chainrule.checker.symbols import Definition

COMPOUND = (s.Product, s.Sum, s.Quotient, s.Call, s.BigOperator)


class Aliases:
    """Definitions by how their formulas are written, the first of each."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._keys: dict[s.Node, str] = {}
        self._by_formula: dict[str, Definition] = {}
        for d in definitions:
            if d.body is not None and not d.arguments and isinstance(d.body, COMPOUND):
                self._by_formula.setdefault(written(d.body), d)

    def of(self, node: s.Node) -> Definition | None:
        """The definition of which this is the formula."""
        return self._by_formula.get(self._key(node)) if isinstance(node, COMPOUND) else None

    def of_run(self, factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> Definition | None:
        """The same for factors side by side, as `written` would have their product."""
        if not self._by_formula:
            return None
        key = "Product([" + ",".join(map(self._key, factors)) + "],[" + ",".join(signs) + "])"
        return self._by_formula.get(key)

    def _key(self, node: s.Node) -> str:
        """How a part is written, whatever its place; worked out once, as a side asks for all of its parts."""
        found = self._keys.get(node)
        if found is None:
            found = self._keys[node] = written(node)
        return found
