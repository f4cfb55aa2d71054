"""What dots stand for: `x_1 + x_2 + … + x_n` is a sum over k, `(x_1, …, x_n)` a list of entries.

The general term is the first one with the letter put where the first says 1 and the last says how far it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from chainrule.checker import syntax as s
from chainrule.checker.printed import written
from chainrule.checker.trees import mapped
from chainrule.checker.values import NotUnderstoodError


@dataclass(frozen=True)
class General:
    """A term for every value of a letter from 1 to `end`."""

    term: s.Node
    letter: s.Symbol
    end: s.Node


def is_gap(row: Sequence[s.Node]) -> bool:
    """A row of a matrix that holds dots and nothing else."""
    blank = [isinstance(x, s.Words) and not x.text.strip() for x in row]
    dots = [isinstance(x, s.Dots) for x in row]
    return any(dots) and all(a or b for a, b in zip(dots, blank, strict=True))


def hidden(start: int, n: int = 0) -> str:
    """A letter that no document has, for the list that begins at an offset: letters in subscripts are single ones."""
    return chr(0xF0000 + (2 * start + n) % 0xFFFE)


def general(items: Sequence[s.Node], name: str) -> General:
    """The general term of a list with dots.

    Raises:
        NotUnderstoodError: its ends do not show what it is.
    """
    places = [k for k, x in enumerate(items) if isinstance(x, s.Dots)]
    if len(places) != 1 or not 0 < places[0] < len(items) - 1 or places[0] != len(items) - 2:
        raise NotUnderstoodError("dots of which both ends are not certain")
    first, last = items[0], items[-1]
    letter = s.Symbol(name)
    ends: list[s.Node] = []
    term = _unified(first, last, letter, ends)
    if term is None or not ends or len({written(x) for x in ends}) != 1:
        raise NotUnderstoodError("dots between terms that are not of one kind")
    for k, x in enumerate(items[1 : places[0]], 2):
        if written(_put(term, name, k)) != written(x):
            raise NotUnderstoodError(f"dots, before which term {k} is not like the first one")
    return General(term, letter, ends[0])


def without_noughts(terms: Sequence[tuple[int, s.Node]]) -> list[tuple[int, s.Node]] | None:
    """`0_1 + 0_2 + … + x_j + … + 0_d`: the terms that are not 0, where all others are; None if it is no such sum."""
    noughts = [t for _, t in terms if _is_nought(t)]
    rest = [(sign, t) for sign, t in terms if not _is_nought(t) and not isinstance(t, s.Dots)]
    return rest if noughts and len(rest) <= 1 else None


def _is_nought(t: s.Node) -> bool:
    return isinstance(t, s.Scripted) and isinstance(t.base, s.Number) and t.base.value == 0 and bool(t.subs)


def _unified(a: Any, b: Any, letter: s.Symbol, ends: list[s.Node]) -> Any:
    """The first with the letter where they differ; None if they differ in more than how far they are."""
    if isinstance(a, s.Number) and isinstance(b, s.Node) and written(a) != written(b):
        if a.value != 1:
            return None
        ends.append(b)
        return letter
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b):
            return None
        parts = [_unified(x, y, letter, ends) for x, y in zip(a, b, strict=True)]
        return None if any(p is None and x is not None for p, x in zip(parts, a, strict=True)) else tuple(parts)
    if isinstance(a, s.Node):
        if type(a) is not type(b):
            return None
        changed: dict[str, Any] = {}
        for f in fields(a):
            if f.name in ("start", "end"):
                continue
            x, y = getattr(a, f.name), getattr(b, f.name)
            new = _unified(x, y, letter, ends)
            if new is None and x is not None:
                return None
            changed[f.name] = new
        return replace(a, **changed)
    return a if a == b else None


def _put(node: s.Node, name: str, k: int) -> s.Node:
    """The term of number k."""
    return mapped(node, lambda n: s.whole(k) if isinstance(n, s.Symbol) and n.name == name else n)
