"""Errors of primitives, told as errors of the text: with the place, the operands and their shapes, and a way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.core.expr import Expr
from chainrule.errors import AxisError, ChainruleError
from chainrule.notation.names import Scope
from chainrule.notation.source import Source, Span
from chainrule.notation.syntax import Node
from chainrule.primitives.shapes import show


class Blame:
    """Says which operands of a program an error is about."""

    def __init__(self, source: Source, scope: Scope, values: Mapping[Node, Any]) -> None:
        self.source, self.scope, self.values = source, scope, values

    def error(self, error: ChainruleError, node: Node) -> ChainruleError:
        """The error of a primitive, with its place and the shapes of its operands."""
        operands = [(p, self.values[p]) for p in node.parts if isinstance(self.values.get(p), Expr)]
        hint = error.hint or self._hint(error, node, operands)
        also = [p.span for p, _ in operands] if node.kind != "call" or len(operands) > 1 else []
        out = self.source.error(error.message, self._main(error, node), also=also, hint=hint, kind=type(error))
        lines = dict.fromkeys(
            f"{self.source.slice(p.span)} : {show(e.shape)}{', a row' if e.row else ''}{self.scope.origin(e)}"
            for p, e in operands
            if e.shape or len(operands) > 1
        )
        out.place = "\n".join([out.place, *lines])
        return out

    def _main(self, error: ChainruleError, node: Node) -> Span:
        if isinstance(error, AxisError) and node.kind == "call":
            axes = [p.span for p in node.parts if p not in self.values]
            if axes:
                return axes[0]
        return node.at if node.at != (0, 0) else node.span

    def _hint(self, error: ChainruleError, node: Node, operands: list[tuple[Node, Expr]]) -> str:
        """For sizes that clash: a transpose that would fit, or one name for both."""
        if "differ" not in error.message or len(operands) != 2:
            return ""
        (p, a), (q, b) = operands
        left, right = self.source.slice(p.span), self.source.slice(q.span)
        if node.value == "*":
            if a.ndim == 2 and a.shape[0] is b.shape[0]:
                return f"{_turned(p, left)}*{right}"
            if b.ndim == 2 and a.shape[-1] is b.shape[-1]:
                return f"{left}*{_turned(q, right)}"
        if node.value != "*" and b.ndim == 2 and a.shape == b.shape[::-1]:
            return f"{left} {node.value} {_turned(q, right)}"
        return "sizes that are meant to be one must have one name"


def _turned(node: Node, text: str) -> str:
    return text[:-1] if node.kind == "transpose" and text.endswith("'") else f"{_factor(node, text)}'"


def _factor(node: Node, text: str) -> str:
    return text if node.kind in ("name", "call", "group", "transpose") else f"({text})"
