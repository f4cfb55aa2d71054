"""The entries of a network file: exact numbers, lists and matrices of them, sizes. What is wrong is a `ValueError`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

SHOWN = 60  # characters of what is refused
LONGEST_EXPONENT = 3  # digits; with more, a number alone would fill the memory


def number(x: Any) -> Fraction:
    """An exact number: 3, 0.5, "1/2".

    Examples:
        >>> number(0.1), number("1/3"), number("2e-3")
        (Fraction(1, 10), Fraction(1, 3), Fraction(1, 500))
    """
    if isinstance(x, bool) or not isinstance(x, (int, float, str, Fraction)):
        raise _unfit(f"{_said(x)} is not a number")
    text = repr(x) if isinstance(x, float) else x
    exponent = re.search(r"[eE][+-]?([\d_]+)\s*$", text) if isinstance(text, str) else None
    if exponent and len(exponent[1].replace("_", "").lstrip("0")) > LONGEST_EXPONENT:
        raise _unfit(f"{_said(x)} is too far from 1 to work with: exponents go to {10**LONGEST_EXPONENT - 1}")
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise _unfit(f'{_said(x)} is not a number; write 3, 0.5 or "1/2"') from None


def not_negative(x: Any) -> Fraction:
    """A number that is 0 or more."""
    q = number(x)
    if q < 0:
        raise _unfit(f"{q} is below 0")
    return q


def above_zero(x: Any) -> Fraction:
    """A number that is more than 0."""
    q = number(x)
    if q <= 0:
        raise _unfit(f"{q} is not above 0")
    return q


def whole(x: Any) -> int:
    """A whole number from 1."""
    if isinstance(x, bool) or not isinstance(x, int) or x < 1:
        raise _unfit(f"{_said(x)} is not a whole number from 1")
    return x


def count(x: Any) -> int | str:
    """A size: a whole number from 1, or a letter."""
    if isinstance(x, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", x):
        return x
    if isinstance(x, bool) or not isinstance(x, int) or x < 1:
        raise _unfit(f'{_said(x)} is not a size: a whole number from 1, or a letter such as "n"')
    return x


def classes(x: Any) -> list[int]:
    """The class of each sample, counted from 0."""
    if not _is_list(x):
        raise _unfit(f"{_said(x)} is not a list of classes, as in [2, 0, 1]")
    if not x:
        raise _unfit("it is empty")
    for label in x:
        if isinstance(label, (bool, str)) or not _is_whole(label) or label < 0:
            raise _unfit(f"{_said(label)} is not a class: classes are whole numbers, counted from 0")
    return [int(label) for label in x]


def matrix(x: Any) -> list[list[Fraction]]:
    """Rows of numbers; a list of numbers is a column."""
    if not _is_list(x):
        raise _unfit(f"{_said(x)} is not a list of rows, as in [[1, 2], [3, 4]]")
    rows = [row if _is_list(row) else [row] for row in x]
    if not rows or not rows[0]:
        raise _unfit("it is empty")
    widths = [len(row) for row in rows]
    if len(set(widths)) > 1:
        odd = next(k for k, w in enumerate(widths) if w != widths[0])
        raise _unfit(f"row 1 has {widths[0]} numbers and row {odd + 1} has {widths[odd]}")
    return [[number(v) for v in row] for row in rows]


def samples(x: Any) -> list[list[list[Fraction]]]:
    """A matrix of features × samples, or one for each time step."""
    if _is_list(x) and x and _is_list(x[0]) and x[0] and _is_list(x[0][0]):
        return [matrix(step) for step in x]
    return [matrix(x)]


def vector(x: Any) -> list[Fraction] | bool:
    """Numbers, each perhaps in brackets of its own; or whether there are any."""
    if isinstance(x, bool):
        return x
    if not _is_list(x):
        raise _unfit(f"{_said(x)} is not a list of numbers, as in [1, 2, 3]")
    return [number(v[0] if _is_list(v) and len(v) == 1 else v) for v in x]


def _is_whole(x: Any) -> bool:
    return isinstance(x, (int, float, Fraction)) and x == int(x)


def _is_list(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, (str, bytes))


def _unfit(said: str) -> ValueError:
    return ValueError(said)


def _said(x: Any) -> str:
    """A value as it stands in a file, or how it begins."""
    if isinstance(x, (bool, Fraction)):
        return str(x).lower()
    said = repr(x) if isinstance(x, (int, float, str, list, dict)) else str(x)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]} …"
