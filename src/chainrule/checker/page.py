"""Reports as a web page: the document with its formulas set, marks beside them, and reasons below. It loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from chainrule.checker.blocks import Block, Place, Row, blocks
from chainrule.checker.report import Claim, Report
from chainrule.checker.told import MARKS, conclusion, told, worst
from chainrule.pages.html import stylesheet
from chainrule.pages.typeset import typeset, typeset_inner

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)
_COLOURS = (
    "--ink: inherit; --raised: #8881; --soft: #777; --faint: #888; --line: #8884; "
    "--right: #2e8b46; --wrong: #d0392f; --warning: #a87400;"
)
_STYLE = Path(__file__).with_name("report.css")


def to_html(reports: Sequence[Report], failed: Sequence[tuple[str, str]] = ()) -> str:
    """A page of reports; `failed` are files that could not be used, with the reasons.

    Examples:
        >>> from chainrule.checker.check import check
        >>> page = to_html([check("For $x > 0$ let $y = x^2$.")])
        >>> "http" in page.replace("http://www.w3.org/1998/Math/MathML", "").replace("http-equiv", "")
        False
    """
    title = reports[0].name if len(reports) == 1 and not failed else f"{len(reports) + len(failed)} documents"
    body = "".join(fragment(r, named=len(reports) + len(failed) > 1) for r in reports)
    errors = "".join(f'<p class="note wrong">{escape(name)}: {escape(why)}</p>' for name, why in failed)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{stylesheet()}\n{_STYLE.read_text(encoding='utf-8')}</style>\n"
        f"</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{errors}{body}</main>\n</body>\n</html>\n"
    )


def fragment(report: Report, named: bool = False) -> str:
    """One report, to be put into a page or a notebook."""
    kind = "wrong" if report.wrong else "note" if report.summary["not understood"] else "right"
    head = f"<h2>{escape(report.name)}</h2>\n" if named else ""
    said = "<br>".join(map(escape, conclusion(report)))
    body = _with_macros("".join(_block(report, b) for b in blocks(report)), report.text)
    note = f'<p class="note conclusion {kind}" role="note">{said}</p>'
    return f'{head}{note}\n<section class="document">\n{body}</section>\n'


def for_notebook(report: Report) -> str:
    """A report as a cell of a notebook shows it, with its style within it and for it alone."""
    style = f".chainrule-check {{ {_COLOURS} {_STYLE.read_text(encoding='utf-8')} }}"
    return f'<div class="chainrule-check"><style>{style}</style>\n{fragment(report)}</div>'


def _block(report: Report, block: Block) -> str:
    out: list[str] = []
    prose: list[str] = []
    notes: list[str] = []
    at = block.start
    for p in block.places:
        prose.append(_prose(report.text[at : p.start]))
        if p.display:
            out += [_paragraph(prose), *notes, _display(report, p)]
            prose, notes = [], []
        else:
            prose.append(_inline(report, p))
            notes += [_notes(report, r.claims, placed=True) for r in p.rows]
        at = p.end
    prose.append(_prose(report.text[at : block.end]))
    return "".join([*out, _paragraph(prose), *notes])


def _paragraph(parts: list[str]) -> str:
    text = "".join(parts).strip()
    if not re.sub(r"[\s.,;>]|&gt;", "", text):
        return ""
    heading = re.fullmatch(r"(#{1,5})\s+(.*?)\s*#*", text, re.DOTALL)
    if heading:
        level = min(len(heading[1]) + 1, 6)
        return f"<h{level}>{heading[2]}</h{level}>\n"
    return f'<p class="prose">{text}</p>\n'


def _prose(text: str) -> str:
    """Words of the document, as text; of the markup only what stands for emphasis is shown as such."""
    text = text.rpartition(r"\begin{document}")[2].partition(r"\end{document}")[0]
    if re.match(r"\s*(`{3,}|~{3,}|---\s)", text):
        return f'<code class="source">{escape(text.strip())}</code>'
    text = escape(text, quote=False)
    text = re.sub(r"\*\*([^*\n]+)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])", r"<em>\1</em>", text)
    text = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", text)
    return re.sub(r"\\(?:(?:sub)*section|textbf|emph)\*?\{([^{}]*)\}", r"<strong>\1</strong>", text)


def _inline(report: Report, p: Place) -> str:
    row = p.rows[0]
    made = _set(report.text[row.start : row.end])
    if not row.claims:
        return made
    verdict = worst(list(row.claims)).verdict
    return f'<span class="claim {_class(verdict)}" title="{verdict}">{made}</span>'


def _display(report: Report, p: Place) -> str:
    return "".join(_line(report, r) + _notes(report, r.claims, placed=False) for r in p.rows)


def _line(report: Report, row: Row) -> str:
    made = _set(report.text[row.start : row.end], display=True)
    if not row.claims:
        return f'<div class="line"><span></span><span></span><div class="formula">{made}</div></div>\n'
    verdict = worst(list(row.claims)).verdict
    mark = f'<span class="mark {_class(verdict)}" role="img" aria-label="{verdict}">{MARKS[verdict]}</span>'
    at = f'<span class="at">{row.claims[0].line}</span>'
    return f'<div class="line {_class(verdict)}">{mark}{at}<div class="formula">{made}</div></div>\n'


def _notes(report: Report, claims: tuple[Claim, ...], placed: bool) -> str:
    return "".join(_note(report, c, placed) for c in claims)


def _note(report: Report, c: Claim, placed: bool) -> str:
    parts = list(_said(report, c, placed))
    if not parts:
        return ""
    return f'<div class="said {_class(c.verdict)}">{"".join(parts)}</div>\n'


def _said(report: Report, c: Claim, placed: bool) -> Iterator[str]:
    said = told(report, c)
    if said is None:
        return
    sentence = escape(said.sentence)
    if said.instead is not None:
        sentence += f": {_set(said.instead[0])}, not {_set(said.instead[1])}"
    place = f"line {c.line}: " if placed else ""
    yield f"<p>{place}{sentence}</p>"
    if said.repair:
        yield f"<p>It should be: {_set(said.repair, display=True)}</p>"
    if said.advice:
        parts = said.advice.split("$")
        yield f"<p>Try: {''.join(_set(x) if k % 2 else escape(x) for k, x in enumerate(parts))}</p>"
    if said.example:
        yield f'<p>A counterexample:</p><pre class="example">{escape(said.example)}</pre>'


def _set(latex: str, display: bool = False) -> str:
    return typeset(latex.strip(), display)


def _class(verdict: str) -> str:
    return f"is-{verdict.split()[-1]}"


_MACRO = re.compile(
    r"\\(?:re)?newcommand\*?\s*\{?\\([A-Za-z]+)\}?\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
    r"|\\def\s*\\([A-Za-z]+)\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
)


def _with_macros(page: str, text: str) -> str:
    """The page with the commands that the document defines without arguments set as what they stand for."""
    for m in _MACRO.finditer(text):
        name, body = (m[1], m[2]) if m[1] else (m[3], m[4])
        page = page.replace(f"<mtext>\\{name}</mtext>", typeset_inner(body, 0))
    return page
