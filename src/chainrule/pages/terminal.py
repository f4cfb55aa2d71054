"""A document for the terminal: formulas as boxes of text, reasons beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from io import StringIO

from rich import box as frames
from rich.console import Console, ConsoleRenderable
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from chainrule.pages import boxes
from chainrule.pages.document import (
    LABELS,
    Block,
    Details,
    Document,
    Equations,
    Figure,
    Heading,
    Inline,
    Note,
    Paragraph,
    Row,
    Stepper,
    Table,
)
from chainrule.pages.math import Math

_COLOURS = {"note": "cyan", "warning": "yellow", "right": "green", "wrong": "red"}
_GAP = 4  # between a formula and its reason
_LEAST_REASON = 24


def to_terminal(document: Document, width: int = 80, colour: bool = False) -> str:
    """The document as text for a terminal of this width, with colours as ANSI codes or without.

    Examples:
        >>> from chainrule.pages.document import Document, Paragraph
        >>> print(to_terminal(Document("Sheet", (Paragraph(("Let ", Math.name("W1"), " be given.")),))))
        Sheet
        ═════
        <BLANKLINE>
        Let W₁ be given.
        <BLANKLINE>

    """
    title = document.title
    parts = [Text(f"{title}\n{'═' * boxes.width(title)}", "bold"), *_parts(document.blocks, width)]
    shown = (_shown(part, width, colour).strip("\n") for part in parts)
    return "\n\n".join(text for text in shown if text) + "\n"


def _shown(part: ConsoleRenderable, width: int, colour: bool) -> str:
    """Text is laid out already; its lines are not broken again."""
    out = StringIO()
    system = "standard" if colour else None
    console = Console(file=out, width=width, force_terminal=colour, color_system=system, legacy_windows=False)
    console.print(part, soft_wrap=isinstance(part, Text), highlight=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _parts(blocks: Sequence[Block], width: int) -> Iterator[ConsoleRenderable]:
    for b in blocks:
        match b:
            case Heading(text=text, level=level):
                line = f"\n{'─' * boxes.width(text)}" if level == 2 else ""
                yield Text(text + line, "bold" if level <= 3 else "italic")
            case Paragraph(parts=parts):
                yield Text("\n".join(_paragraph(parts, width)))
            case Equations(rows=rows):
                yield _equations(rows, width)
            case Table(caption=caption):
                if caption:
                    yield Text("\n".join(_wrapped(caption, width)), "italic")
                yield _table(b, width)
            case Figure(text=text, caption=caption):
                yield Text("\n".join(filter(None, [text.rstrip("\n"), *_wrapped(caption, width)])))
            case Details(summary=summary, blocks=inner):
                yield Text(f"▾ {summary}", "bold")
                yield from (_indented(part) for part in _parts(inner, width - 3))
            case Note(text=text, kind=kind):
                sign, word = LABELS[kind]
                lines = _wrapped(f"{sign} {word}: {text}", width - 2)
                yield Text("\n".join((lines[0], *("  " + line for line in lines[1:]))), _COLOURS[kind])
            case Stepper(frames=found):
                for n, frame in enumerate(found, 1):
                    yield Text(f"{n}. {frame.title}", "bold")
                    yield from (_indented(part) for part in _parts(frame.blocks, width - 3))


def _indented(part: ConsoleRenderable) -> ConsoleRenderable:
    if isinstance(part, Text):
        return Text("\n").join(Text("   ") + line for line in part.split("\n"))
    return Padding(part, (0, 0, 0, 3))


def _wrapped(text: str, width: int) -> list[str]:
    lines = textwrap.wrap(text, max(width, 10), break_long_words=False, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines] or [""]


def _paragraph(parts: Sequence[Inline], width: int) -> Iterator[str]:
    """Lines of a paragraph; a formula of several lines stands alone."""
    line = ""
    for part in parts:
        if isinstance(part, str):
            line += part
        elif len(part.text) == 1:
            line += str(part).replace(" ", "\u00a0")
        else:
            yield from _wrapped(line, width) if line.strip() else ()
            yield from (f"    {row}" for row in part.text)
            line = ""
    if line.strip():
        yield from _wrapped(line.strip(), width)


def _equations(rows: Sequence[Row], width: int) -> Text:
    """Rows aligned at their relation signs, with their reasons in a column if there is room for it."""
    split = [row.parts.split() for row in rows]
    indent = max((left.width for left, _ in split), default=0)
    parts = [right.lines(width - indent - 3) for _, right in split]
    widest = max((indent + 3 + m.width for group in parts for m in group), default=0)
    column = widest + _GAP if widest + _GAP + _LEAST_REASON <= width else 0
    out = Text()
    for row, (left, _), group in zip(rows, split, parts, strict=True):
        margin = (" " * (indent - left.width),)
        lines = list(boxes.beside(("  ",), margin, left.text, (" " if left.width else "",), group[0].text))
        for m in group[1:]:
            lines += boxes.beside((" " * (indent + 3),), m.text)
        reason = _wrapped(row.reason, width - (column or 6)) if row.reason else []
        if column:
            first = boxes.baseline(tuple(lines)) if len(group) == 1 else 0
            lines += [""] * (first + len(reason) - len(lines))
            for n, text in enumerate(reason):
                lines[first + n] += " " * (column - boxes.width(lines[first + n]))
                lines[first + n] += text
        apart = len(group[0].text) > 1 or (not column and any(r.reason for r in rows))
        out.append(("\n\n" if apart else "\n") if out else "").append("\n".join(lines))
        if not column:
            for text in reason:
                out.append(f"\n      {text}", "dim")
    return out


def _table(table: Table, width: int) -> ConsoleRenderable:
    tall = any(isinstance(cell, Math) and len(cell.text) > 1 for row in table.rows for cell in row)
    out = RichTable(box=frames.SIMPLE_HEAD, show_edge=False, leading=int(tall))
    for n, cell in enumerate(table.head):
        out.add_column(Text(str(cell)), no_wrap=True, style="bold" if n == 0 else "", vertical="middle")
    for row in table.rows:
        out.add_row(*(Text(str(cell)) for cell in row))
    widths = [max(_columns(c) for c in column) for column in zip(table.head, *table.rows, strict=True)]
    return out if sum(widths) + 2 * len(widths) + 2 <= width else _long_table(table, width)


def _columns(cell: Inline) -> int:
    return cell.width if isinstance(cell, Math) else boxes.width(cell)


def _long_table(table: Table, width: int) -> Text:
    """A table that is too wide, as a list of its rows."""
    lines: list[str] = []
    for name, *cells in table.rows:
        lines += [str(name)]
        for head, cell in zip(table.head[1:], cells, strict=True):
            if isinstance(cell, Math):
                lines += boxes.beside((f"  {head}: ",), cell.text)
            else:
                lines += _wrapped(f"  {head}: {cell}", width)
    return Text("\n".join(lines))
