"""Trees with a part changed: nodes are not changed in place, so what is around the part is made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from chainrule.checker import syntax as s

Made = TypeVar("Made", bound=s.Node)
Item = TypeVar("Item")


def anew(node: Made, **changes: Any) -> Made:
    """The node with other parts. It does not stand in the document, so it has no place there."""
    return replace(node, **changes, start=0, end=0)


def spliced(items: tuple[Item, ...], k: int, *new: Item, over: int = 1) -> tuple[Item, ...]:
    """The items with new ones in place of `over` of them, from number k on."""
    return (*items[:k], *new, *items[k + over :])


def mapped(node: s.Node, f: Callable[[s.Node], s.Node]) -> s.Node:
    """The tree with a function applied to each node, from the leaves up; all keep their places."""

    def below(x: Any) -> Any:
        if isinstance(x, s.Node):
            return mapped(x, f)
        return tuple(below(y) for y in x) if isinstance(x, tuple) else x

    changed = {g.name: below(getattr(node, g.name)) for g in fields(node) if g.name not in ("start", "end")}
    return f(replace(node, **changed))
