"""What stands between the parentheses of a call, read as its function expects it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.core.size import Size
from chainrule.errors import AxisError
from chainrule.notation.declarations import size_of
from chainrule.notation.names import Scope, slots
from chainrule.notation.source import Source
from chainrule.notation.syntax import Node
from chainrule.notation.words import SIZED_BY_USE, Function

_NAMES = {
    "expr": "x", "exprs": "x, …", "axis": "axis", "axes": "axes, keep", "size": "size", "sizes": "m, n",
    "shape": "[m, n]", "permutation": "[1, 0]", "string": '"…"', "number": "number",
}  # fmt: skip


class Arguments:
    """The arguments of one call."""

    def __init__(self, source: Source, node: Node, scope: Scope) -> None:
        self.source, self.node, self.scope = source, node, scope

    @property
    def function(self) -> Function:
        return self.scope.function(self.node.value, self.node.at)

    def exactly(self, count: int) -> None:
        found = len(self.node.parts)
        if found != count:
            raise self.source.error(
                f"{self.node.value} takes {count} argument{'s' if count != 1 else ''}, not {found}", self.node.at
            )

    def expressions(self) -> tuple[Node, ...]:
        """The arguments that are expressions."""
        if self.scope.opaque(self.node.value) or self.node.value in SIZED_BY_USE:
            return self.node.parts
        kinds = self._kinds()
        return tuple(p for p, kind in zip(self.node.parts, kinds, strict=False) if kind in ("expr", "exprs"))

    def _kinds(self) -> list[str]:
        f, count = self.function, len(self.node.parts)
        kinds = slots(f, count)
        most = None if {"exprs", "axes", "sizes"} & set(f.kinds) else len(f.kinds)
        least = max(f.required, f.kinds.count("expr") + f.kinds.count("exprs"))
        if count < least or (most is not None and count > most):
            wanted = str(most) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
            hint = f"{f.name}({', '.join(_NAMES[k] for k in f.kinds)})"
            raise self.source.error(
                f"{f.name} takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}", self.node.at, hint=hint
            )
        return kinds

    def values(self, found: Mapping[Node, Any]) -> list[Any]:
        """What the function is called with."""
        out: list[Any] = []
        axes: list[int] = []
        keep = False
        kinds = self._kinds()
        for position, (part, kind) in enumerate(zip(self.node.parts, kinds, strict=False)):
            match kind:
                case "expr" | "exprs":
                    out.append(found[part])
                case "axes" if part.kind == "name" and part.value == "keep" and position == len(self.node.parts) - 1:
                    keep = True
                case "axes":
                    axes.append(self._axis(part))
                case "axis":
                    out.append(self._axis(part))
                case "size" | "sizes":
                    out.append(size_or_zero(self.source, part))
                case "shape":
                    out.append(tuple(size_of(self.source, p) for p in self._list(part, "reshape(X, [m, n])").parts))
                case "permutation":
                    out.append(tuple(self._axis(p) for p in self._list(part, "permute(X, [1, 0])").parts))
                case "string":
                    if part.kind != "string":
                        raise self.source.error(
                            f"{self.node.value} needs a string here", part.span, hint='einsum("ij,jk->ik", A, B)'
                        )
                    out.append(part.value)
                case _:
                    out.append(self._number(part))
        if "axes" in self.function.kinds:
            out += [tuple(axes) or None, keep]
        return out

    def _list(self, part: Node, hint: str) -> Node:
        if part.kind != "list":
            raise self.source.error(f"{self.node.value} needs a list in brackets here", part.span, hint=hint)
        return part

    def _axis(self, part: Node) -> int:
        sign, number = 1, part
        if part.kind == "unary":
            sign, number = -1, part.parts[0]
        if number.kind == "number" and number.value.denominator == 1:
            return sign * int(number.value)
        name = self.node.value
        if name in ("max", "min"):
            hint = f"{name}imum(a, b) compares two tensors entry by entry; {name}(X, 0) is along axis 0"
        else:
            hint = f"axes are counted from 0, or from the end: {name}(X, 0), {name}(X, -1)"
        raise self.source.error("an axis is a whole number", part.span, hint=hint, kind=AxisError)

    def _number(self, part: Node) -> Any:
        sign, number = (-1, part.parts[0]) if part.kind == "unary" else (1, part)
        if number.kind != "number":
            raise self.source.error("a number is needed here", part.span)
        return sign * number.value


def size_or_zero(source: Source, part: Node) -> Size | int:
    """A size, or the number 0, as where a slice begins or a padding that is none."""
    if part.kind == "number" and part.value == 0:
        return 0
    return size_of(source, part)
