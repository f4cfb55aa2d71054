"""A line of a document as a terminal shows it: what is concerned underlined, the rest cut where there is no room."""

from __future__ import annotations

import re
from itertools import accumulate

from chainrule.pages.boxes import width

_BEFORE = 12  # columns that are kept before what is underlined, where the line is cut
_TOKEN = re.compile(r"\\[A-Za-z]+\s?|-?\d+(?:\.\d+)?|.", re.DOTALL)


def excerpt(line: str, start: int, end: int, room: int) -> tuple[str, str]:
    r"""The line within `room` columns, and carets under line[start:end]; none where that is empty.

    Examples:
        >>> print("\n".join(excerpt("미분 $y = 3x$ 이다", 8, 10, 40)))
        미분 $y = 3x$ 이다
                  ^^
        >>> print("\n".join(excerpt("a" * 30 + " = b" + " + c" * 20, 33, 34, 30)))
        …aaaaaaaaa = b + c + c + c + …
                     ^
    """
    cells = [visible(c) for c in line]
    columns = [0, *accumulate(map(width, cells))]
    if columns[-1] <= room:
        first, last, before, after = 0, len(cells), "", ""
    else:
        first, last = _window(columns, start, end, room)
        before, after = "…" if first else "", "…" if last < len(cells) else ""
    shown = before + "".join(cells[first:last]) + after
    a, b = max(start, first), min(end, last)
    if a >= b:
        return shown, ""
    return shown, " " * (columns[a] - columns[first] + len(before)) + "^" * max(1, columns[b] - columns[a])


def _window(columns: list[int], start: int, end: int, room: int) -> tuple[int, int]:
    """The cells that are shown: from the start if what is underlined is near it, else from a little before that."""
    first = 0
    if start < end and columns[min(end, len(columns) - 1)] > room - 1:
        first = next(k for k, c in enumerate(columns) if c >= max(columns[start] - _BEFORE, 0))
        whole = columns[-1] - (room - 1)  # from here on all that is left fits
        first = min(first, next(k for k, c in enumerate(columns) if c >= max(whole, 0)))
    left = room - (first > 0)
    if columns[-1] - columns[first] <= left:
        return first, len(columns) - 1
    last = next(k for k in range(len(columns) - 1, -1, -1) if columns[k] - columns[first] <= left - 1)
    return first, max(last, first)


def visible(text: str) -> str:
    """The text without what moves the cursor or colours a terminal: tabs as spaces, controls as a sign."""
    return "".join("    " if c == "\t" else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def narrowed(was: str, instead: str) -> tuple[int, int]:
    r"""The part of `was` that is not in what stands instead, as offsets; all of it where something is only missing.

    Examples:
        >>> was = r"W_1^\top \circ \delta"
        >>> was[slice(*narrowed(was, r"W_1^\top \delta"))]
        '\\circ'
    """
    a, b = _TOKEN.findall(was), _TOKEN.findall(instead)
    most = min(len(a), len(b))
    head = next((k for k in range(most) if a[k].strip() != b[k].strip()), most)
    tail = next((k for k in range(most - head) if a[-1 - k].strip() != b[-1 - k].strip()), most - head)
    start, end = len("".join(a[:head])), len("".join(a[: len(a) - tail]))
    part = was[start:end]
    if not part.strip():
        return 0, len(was)
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))


def wrapped(text: str, room: int, indent: str = "") -> list[str]:
    """Lines of at most `room` columns, broken at spaces where it can be, those after the first indented."""
    out: list[str] = []
    line = ""
    for word in visible(" ".join(text.split())).split(" "):
        joined = f"{line} {word}" if line.strip() else line + word
        if width(joined) <= room or not line.strip():
            line = joined
        else:
            out.append(line)
            line = indent + word
        while width(line) > room:
            k = next(k for k in range(len(line), 0, -1) if width(line[:k]) <= room)
            out.append(line[:k])
            line = indent + line[k:]
    return [*out, line]
