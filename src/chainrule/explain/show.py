"""A derivation as text, as LaTeX and as a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from chainrule.backends.compile import emit
from chainrule.core.expr import Expr, Partial
from chainrule.core.graph import walk
from chainrule.explain.lines import Line, Lines, Row
from chainrule.explain.step import Step, joined
from chainrule.notation.forms import latex, text
from chainrule.notation.latex import to_latex
from chainrule.notation.pretty import pretty
from chainrule.notation.text import to_text

if TYPE_CHECKING:
    from chainrule.explain.derivation import Derivation

FORMS = ("matrix", "index", "element", "einsum")
WIDTH = 100  # columns of a line of text; a formula is never broken
COLUMN = 46  # where a short reason stands beside a short formula; others stand below it
INDENT = " " * 10
HEADLINES = ("lemma", "chain-rule", "product-rule", "linearity", "matrix-form", "collect")


def derivation_text(d: Derivation, fold: bool = False) -> str:
    """Numbered lines with their reasons, then what the names stand for; with `fold` one line an operation."""
    if not d.steps:
        return f"{pretty(d.expression, d.hints)} is its own derivative: {pretty(d.shown, d.hints)}"
    lines = Lines(d, folded(d.steps) if fold else None)
    out = [f"  {_pretty(lines.start)}"]
    for number, row in enumerate(lines.read, 1):
        out += _row_text(f"{number:3}.  = {_pretty(row.line)}", row.step.reason, equations(row))
    definitions = lines.definitions()
    if definitions:
        out.append("")
        for n, (name, e) in enumerate(definitions):
            shown = f"{pretty(name, share=False)} = {pretty(e, share=False)}"
            out.append(f"  {'where' if n == 0 else '     '} {shown}")
    if d.is_vec:
        out.append("  layout: ∂vec Y/∂vec X, vec stacks columns")
    elif not d.is_matrix:
        out.append("  there is no matrix form")
    if d.layout is not None:
        out.append(f"  in {d.layout} layout: {pretty(d.shown, d.hints)}")
    out += [f"  note: {n}" for n in d.notes]
    out.append(f"  {verdict_line(d, [row.step for row in lines.read])}")
    return "\n".join(out)


def _row_text(formula: str, reason: str, beside: list[str]) -> list[str]:
    """A formula with its reason beside it where both are short, else below it; equations one a line, never broken."""
    whole = f"{reason}: {beside[0]}" if len(beside) == 1 else reason
    if len(beside) < 2:
        if len(formula) < COLUMN and COLUMN + len(whole) <= WIDTH:
            return [f"{formula:<{COLUMN}}{whole}"]
        if len(INDENT + whole) <= WIDTH:
            return [formula, INDENT + whole]
    text = f"{reason}:" if beside else reason
    lines = wrap(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False)
    return [formula, *lines, *(f"{INDENT}  {e}" for e in beside)]


def folded(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """One step for each group: from its first `before` to its last `after`, named after the rule that matters most."""
    out: list[Step] = []
    for _, some in groupby(steps, key=lambda s: s.group):
        own = list(some)
        head = min(own, key=lambda s: HEADLINES.index(s.rule) if s.rule in HEADLINES else len(HEADLINES))
        whole = joined(own, head)
        whole.shown = own[0].shown if own[0].rule == "definition" or len(own) == 1 else ()
        out.append(whole)
    return tuple(out)


def read_steps(d: Derivation, fold: bool = False) -> list[Step]:
    """The steps that are printed, in the order in which they are numbered."""
    return [row.step for row in Lines(d, folded(d.steps) if fold else None).read] if d.steps else []


def verdict_line(d: Derivation, steps: Sequence[Step] | None = None) -> str:
    """How the steps, or those that are printed of them, are known to hold, in a sentence."""
    counts: dict[str, int] = {}
    for s in d.steps if steps is None else steps:
        counts[s.verdict] = counts.get(s.verdict, 0) + 1
    bad = counts.get("different", 0) + counts.get("undecided", 0)
    parts = [f"{n} {how}" for how, n in counts.items()]
    return f"steps: {', '.join(parts)}" + (" — not all steps are verified" if bad else "")


def equations(row: Row) -> list[str]:
    """The equations beside a step."""
    return [f"{_pretty(left)} = {_pretty(right)}" for left, right in row.shown]


def _pretty(line: Line) -> str:
    return pretty(line.formula, share=False, letters=line.letters)


def derivation_latex(d: Derivation) -> str:
    """An `aligned` block: one row a step, with the rule beside it, and the definitions below."""
    if not d.steps:
        return latex(d.shown, "matrix", hints=d.hints)
    lines = Lines(d)
    rows = [_latex(lines.start)]
    rows += [rf"&= {_latex(row.line)} && {_beside(row, n)}" for n, row in enumerate(lines.read, 1)]
    for n, (name, e) in enumerate(lines.definitions()):
        word = r"\text{where } " if n == 0 else ""
        rows.append(rf"&{word}{to_latex(name, share=False)} = {to_latex(e, share=False)}")
    body = " \\\\\n".join(rows)
    return "\\begin{aligned}\n" + body + "\n\\end{aligned}"


def _latex(line: Line) -> str:
    return to_latex(line.formula, share=False, letters=line.letters)


def _beside(row: Row, number: int) -> str:
    """The number and the rule of a step, and the equations that it uses."""
    beside = r",\; ".join(f"{_latex(left)} = {_latex(right)}" for left, right in row.shown)
    rule = f"{number}. {row.step.rule.replace('-', ' ')}"
    return rf"\text{{{rule}: }} {beside}" if beside else rf"\text{{{rule}}}"


def derivation_dict(d: Derivation) -> dict[str, Any]:
    """The dictionary of `derive --json`."""
    shown = d.shown
    matrix = to_text(shown, d.hints) if d.is_matrix or d.is_vec else None
    einsum = text(d.result, "einsum", hints=d.hints)
    result: dict[str, Any] = {
        "matrix": matrix,
        "matrix_layout": None if matrix is None else "vec" if d.is_vec else "jac",
        "layout": d.layout,
        "index": text(d.result, "index", hints=d.hints),
        "element": text(d.result, "element", hints=d.hints),
        "einsum": einsum if "einsum(" in einsum else None,
        "latex": {
            form: latex(shown if form == "matrix" else d.result, form, hints=d.hints)
            for form in FORMS
            if form != "matrix" or matrix is not None
        },
    }
    return {
        "expression": to_text(d.expression, d.hints),
        "wrt": [v.name for v in d.wrt],
        "order": d.order,
        "shape": [str(n) for n in d.result.shape],
        "assumptions": assumptions(d),
        "result": result,
        "code": {"numpy": emit(d.result)},
        "steps": steps_list(d),
        "operations": d.operations,
    }


def assumptions(d: Derivation) -> list[str]:
    """Facts about the variables and conventions at kinks, on which the result relies."""
    facts = [f"{v.name} is {p}" for v in d.expression.variables for p in sorted(v.props)]
    return facts + list(d.notes)


def steps_list(d: Derivation) -> list[dict[str, str]]:
    """The steps for JSON; a state is a program of the language once no derivative is left in it."""
    written: dict[Expr, str] = {}
    lines = Lines(d) if d.steps else None
    letters = lines.start.letters if lines else {}

    def state(e: Expr) -> str:
        if e not in written:
            open_ = any(isinstance(n, Partial) for n in walk(e))
            fixed = {i: s for i, s in letters.items() if i in e.free}
            written[e] = pretty(e, d.hints, letters=fixed) if open_ else to_text(e, d.hints)
        return written[e]

    return [
        {
            "rule": row.step.rule,
            "reason": "; ".join([row.step.reason, *equations(row)]),
            "before": state(row.step.before),
            "after": state(row.step.after),
            "verdict": row.step.verdict,
        }
        for row in (lines.read if lines else ())
    ]
