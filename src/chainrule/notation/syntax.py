"""The syntax tree: what was written, with its place, before anything is known about the names in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chainrule.notation.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Letter:
    """An index letter that `sum[k](…)` binds; `extent` is a size, if one was written."""

    name: str
    span: Span
    extent: Node | None = None


@dataclass(slots=True, eq=False)
class Node:
    """A piece of syntax.

    kinds: number, string, name, group, unary, binary, transpose, call (value: its name), subscript (parts: operand,
    subscripts), list ([m, n]), and the index forms sum, array, partial, delta, where (value: letters or comparison).
    pure: made of names, whole numbers and + - * // only, so that it may be a size.
    whole: all that stands between two brackets, an argument or a statement.
    inside: it stands in a subscript, where a name is an index letter.
    """

    kind: str
    start: int
    end: int
    parts: tuple[Node, ...] = ()
    value: Any = None
    at: Span = (0, 0)
    pure: bool = False
    whole: bool = False
    inside: bool = False
    letter: Letter | None = field(default=None)

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Statement:
    """A definition `name = node`, or the result, which has no name."""

    name: str
    span: Span
    node: Node


def postorder(root: Node, enter: Callable[[Node], Iterable[Node]]) -> Iterable[Node]:
    """Nodes below the root, parts before wholes, without recursion; `enter` says which parts to visit."""
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            yield node
            continue
        stack.append((node, True))
        stack.extend((part, False) for part in reversed(tuple(enter(node))))
