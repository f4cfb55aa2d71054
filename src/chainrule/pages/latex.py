"""A document as a LaTeX article that needs amsmath, amssymb, array and booktabs."""

from __future__ import annotations

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
from chainrule.pages.escape import latex_text
from chainrule.pages.math import Math

_HEAD = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{amsmath,amssymb,array,booktabs}
\setcounter{MaxMatrixCols}{100}
\providecommand{\lt}{<}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt plus 2pt}
\setlength{\textwidth}{6.3in}
\setlength{\oddsidemargin}{0pt}
\setlength{\textheight}{9in}
\setlength{\topmargin}{-0.5in}
\allowdisplaybreaks
"""
_SECTIONS = {2: "section*", 3: "subsection*", 4: "subsubsection*", 5: "paragraph*", 6: "paragraph*"}
_WIDEST, _BESIDE, _SHORT = (
    66,
    40,
    36,
)  # columns of an equation, of one with its reason beside it, of a reason in one line


def to_latex(document: Document) -> str:
    """The document as the source of an article."""
    title = rf"\begin{{center}}\LARGE\bfseries {_line(document.title)}\end{{center}}"
    return "\n\n".join([f"{_HEAD}\\begin{{document}}", title, *_blocks(document.blocks), "\\end{document}\n"])


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    for b in blocks:
        match b:
            case Heading(text=text, level=level):
                yield rf"\{_SECTIONS.get(level, 'paragraph*')}{{{_line(text)}}}"
            case Paragraph(parts=parts):
                yield _inline(parts)
            case Equations(rows=rows):
                yield _display(rows)
            case Table():
                yield _table(b)
            case Figure(text=text, caption=caption):
                yield _figure(text, caption)
            case Details(summary=summary, blocks=inner):
                yield rf"\textbf{{{_line(summary)}}}"
                yield from _blocks(inner)
            case Note(text=text, kind=kind):
                sign, word = LABELS[kind]
                yield rf"\begin{{quote}}{latex_text(sign)} \textbf{{{word}:}} {_prose(text)}\end{{quote}}"
            case Stepper(frames=frames):
                for n, frame in enumerate(frames, 1):
                    yield rf"\textbf{{{n}. {_line(frame.title)}}}"
                    yield from _blocks(frame.blocks)


def _line(text: str) -> str:
    return latex_text(" ".join(text.split()))


def _prose(text: str) -> str:
    """Text in which an empty line does not end the paragraph that it is an argument of."""
    return latex_text("\n".join(line for line in text.splitlines() if line.strip()))


def _inline(parts: Sequence[Inline]) -> str:
    return "".join(_prose(p) if isinstance(p, str) else f"${_formula(p)}$" for p in parts)


def _formula(m: Math) -> str:
    """A formula, in the characters that LaTeX has."""
    return "".join(c if c.isascii() else latex_text(c) for c in m.latex)


def _display(rows: Sequence[Row]) -> str:
    split = [row.parts.split() for row in rows]
    broken = [right.lines(_WIDEST - left.width) for left, right in split]
    left, right = (max((m.width for m in side), default=0) for side in ([m for m, _ in split], sum(broken, ())))
    beside = left + right <= _BESIDE  # the reasons of a display stand in one column
    body = " \\\\\n".join(
        _aligned(row, m, lines, beside) for row, (m, _), lines in zip(rows, split, broken, strict=True)
    )
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _aligned(row: Row, left: Math, right: Sequence[Math], beside: bool) -> str:
    """A row, broken where it is too wide; its reason beside it, or below it where there is no room."""
    lines = [f"&{_formula(line)}" for line in right]
    lines[0] = f"{_formula(left)} {lines[0]}".strip()
    if row.reason and beside:
        lines[0] += f" && {_reason(row.reason, 0.42)}"
    elif row.reason:
        lines.append(rf"&\qquad {_reason(row.reason, 0.6)}")
    return " \\\\\n".join(lines)


def _reason(text: str, width: float) -> str:
    if len(text) <= _SHORT:
        return rf"\text{{\small {_line(text)}}}"
    return rf"\parbox[t]{{{width}\linewidth}}{{\raggedright\small {_line(text)}}}"


def _table(table: Table) -> str:
    columns = "l" * len(table.head)
    head = " & ".join(rf"\textbf{{{_cell(c)}}}" if isinstance(c, str) else _cell(c) for c in table.head)
    rows = "\n".join(f"{' & '.join(map(_cell, row))} \\\\" for row in table.rows)
    caption = f"\n\n\\textit{{{_line(table.caption)}}}" if table.caption else ""
    return (
        f"\\begin{{center}}\n\\renewcommand{{\\arraystretch}}{{1.2}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n"
        f"{head} \\\\\n\\midrule\n{rows}\n\\bottomrule\n\\end{{tabular}}{caption}\n\\end{{center}}"
    )


def _cell(cell: Inline) -> str:
    return f"${_formula(cell)}$" if isinstance(cell, Math) else f"{{{_line(cell)}}}"


def _figure(text: str, caption: str) -> str:
    """What a drawing says, line by line."""
    lines = (rf"\mbox{{\ttfamily {latex_text(line.replace(' ', chr(0xA0)))}}}" for line in text.rstrip().splitlines())
    below = f"\n\n\\textit{{{_line(caption)}}}" if caption else ""
    return "\\begin{quote}\n" + "\\\\\n".join(lines) + below + "\n\\end{quote}"
