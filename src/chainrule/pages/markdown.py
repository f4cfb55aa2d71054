"""A document as Markdown of GitHub's flavour, with formulas between dollar signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
from chainrule.pages.escape import markdown_text, math_text


def to_markdown(document: Document) -> str:
    """The document as Markdown.

    Examples:
        >>> from chainrule.pages.document import Document, Paragraph
        >>> from chainrule.pages.math import Math
        >>> print(to_markdown(Document("Sheet", (Paragraph(("Let ", Math.name("W1"), " be given.")),))))
        # Sheet
        <BLANKLINE>
        Let $W_{1}$ be given.
        <BLANKLINE>

    """
    return "\n\n".join([f"# {_line(document.title)}", *_blocks(document.blocks)]) + "\n"


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    for b in blocks:
        match b:
            case Heading(text=text, level=level):
                yield f"{'#' * level} {_line(text)}"
            case Paragraph(parts=parts):
                yield _inline(parts).strip()
            case Equations(rows=rows):
                yield _display(rows)
            case Table():
                yield from _table(b)
            case Figure(text=text, caption=caption):
                yield _verbatim(text)
                if caption:
                    yield f"*{_line(caption)}*"
            case Details(summary=summary, blocks=inner):
                yield f"**{_line(summary)}**"
                yield from _blocks(inner)
            case Note(text=text, kind=kind):
                sign, word = LABELS[kind]
                yield f"> {sign} **{word}:** " + markdown_text(text).replace("\n", "\n> ")
            case Stepper(frames=frames):
                for n, frame in enumerate(frames, 1):
                    yield f"**{n}. {_line(frame.title)}**"
                    yield from _blocks(frame.blocks)


def _line(text: str) -> str:
    return markdown_text(" ".join(text.split()))


def _inline(parts: Sequence[Inline]) -> str:
    return "".join(markdown_text(p) if isinstance(p, str) else f"${_formula(p.latex)}$" for p in parts)


def _formula(latex: str) -> str:
    """LaTeX in which nothing is taken for a column of a table or for a tag."""
    latex = re.sub(r"\\\|", r"\\Vert ", latex).replace("|", r"\vert ")
    return latex.replace("<", r"\lt ").replace(">", r"\gt ")


def _display(rows: Sequence[Row]) -> str:
    if len(rows) == 1 and not rows[0].reason:
        return f"$$\n{_formula(rows[0].parts.latex)}\n$$"
    lines = (_aligned(row) for row in rows)
    body = " \\\\\n".join(lines)
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"


def _aligned(row: Row) -> str:
    left, right = row.parts.split()
    reason = f" && {_formula(math_text(row.reason))}" if row.reason else ""
    return _formula(f"{left.latex} &{right.latex}".strip()) + reason


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield f"*{_line(table.caption)}*"
    rows = [table.head, ("---",) * len(table.head), *table.rows]
    cells = ((_cell(c) if n != 1 else c for c in row) for n, row in enumerate(rows))
    yield "\n".join(f"| {' | '.join(map(str, row))} |" for row in cells)


def _cell(cell: Inline) -> str:
    return _line(cell) if isinstance(cell, str) else _inline((cell,))


def _verbatim(text: str) -> str:
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 0)
    return f"{fence}text\n{text.rstrip()}\n{fence}"
