"""Rows and columns of a file: which are the samples, and how they are counted in words."""

from __future__ import annotations

from fractions import Fraction

Rows = list[list[Fraction]]


def turned(m: Rows) -> Rows:
    """Rows for columns."""
    return [list(column) for column in zip(*m, strict=True)]


def counted(n: int | str, what: str) -> str:
    """1 unit, 2 units.

    Examples:
        >>> counted(1, "classes"), counted("n", "units")
        ('1 class', 'n units')
    """
    return f"{n} {_ONE[what] if n == 1 else what}"


_ONE = {"classes": "class", **{f"{w}s": w for w in ("feature", "unit", "input", "number", "row", "label", "sample")}}
