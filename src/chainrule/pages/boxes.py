"""Boxes of text: lines of equal width, put beside each other so that their middle lines meet."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TypeAlias

Box: TypeAlias = "tuple[str, ...]"

ROUND, SQUARE = ("()", "⎛⎜⎝", "⎞⎟⎠"), ("[]", "⎡⎢⎣", "⎤⎥⎦")


def width(text: str) -> int:
    """How many columns of a terminal the text takes.

    Examples:
        >>> width("Wˡ⁺¹"), width("漢")
        (4, 2)

    """
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 or c in "\u200b\u2061\u2062" for c in text)


def baseline(box: Box) -> int:
    """The line that is level with what stands beside the box: the middle one, of two the upper."""
    return (len(box) - 1) // 2


def box(*lines: str) -> Box:
    """Lines padded to one width."""
    w = max(map(width, lines), default=0)
    return tuple(line + " " * (w - width(line)) for line in lines)


def beside(*boxes: Box) -> Box:
    r"""Boxes side by side, their baselines on one line.

    Examples:
        >>> print("\n".join(beside(("W = ",), ("a b", "c d"))))
        W = a b
            c d

    """
    boxes = tuple(b for b in boxes if b)
    if not boxes:
        return ("",)
    tallest = max(boxes, key=len)
    columns = [_padded(b, len(tallest), baseline(tallest) - baseline(b)) for b in boxes]
    return tuple("".join(parts) for parts in zip(*columns, strict=True))


def _padded(b: Box, height: int, above: int) -> Box:
    blank = " " * width(b[0])
    return (*[blank] * above, *b, *[blank] * (height - above - len(b)))


def fenced(inner: Box, kind: tuple[str, str, str] = ROUND) -> Box:
    """Brackets as high as the box."""
    if len(inner) == 1:
        return (f"{kind[0][0]}{inner[0]}{kind[0][1]}",)
    return beside(_side(kind[1], len(inner)), inner, _side(kind[2], len(inner)))


def _side(pieces: str, height: int) -> Box:
    return (pieces[0], *pieces[1] * (height - 2), pieces[2])


def raised(base: Box, above: str) -> Box:
    """Something at the upper right corner."""
    blank = " " * width(above)
    return tuple(line + (blank if n else above) for n, line in enumerate(base))


def lowered(base: Box, below: str) -> Box:
    """Something at the lower right corner."""
    blank = " " * width(below)
    return tuple(line + (below if n == len(base) - 1 else blank) for n, line in enumerate(base))


def grid(rows: Sequence[Sequence[Box]], gap: str = "  ") -> Box:
    """Boxes in columns, each moved to the right of its column."""
    widths = [max(width(cell[0]) for cell in column) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    for row in rows:
        cells = [tuple(" " * (w - width(line)) + line for line in c) for c, w in zip(row, widths, strict=True)]
        spaced = [part for cell in cells for part in ((gap,), cell)][1:]
        lines += beside(*spaced)
    return tuple(lines)
