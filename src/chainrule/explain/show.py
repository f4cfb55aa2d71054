"""A derivation as text, as LaTeX and as a dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainrule.backends.compile import emit
from chainrule.core.expr import Expr, Partial, walk
from chainrule.core.index import Index
from chainrule.notation.forms import latex, text
from chainrule.notation.latex import latex_name, to_latex
from chainrule.notation.naming import Names, plan
from chainrule.notation.pretty import pretty, shown_name
from chainrule.notation.text import to_text

if TYPE_CHECKING:
    from chainrule.explain.derivation import Derivation
    from chainrule.explain.step import Step

FORMS = ("matrix", "index", "element", "einsum")
WIDTH = 64  # columns of formula, beyond which the reason goes on a line of its own


@dataclass(frozen=True, slots=True)
class Line:
    """A formula of the derivation with the names and letters to print it in."""

    formula: Expr
    names: Names
    letters: Mapping[Index, str]


class Lines:
    """Gives every part one name throughout the derivation, and the result's axes one letter each."""

    def __init__(self, d: Derivation) -> None:
        self.names = Names(d.hints or {})
        self.avoid: frozenset[str] = getattr(d.hints, "avoid", frozenset())
        self.letters: dict[Index, str] = {}
        first = plan(d.steps[0].before if d.steps else d.shown, self.names, reading=True)
        self.letters.update({i: s for i, s in first.letters.items() if i in d.indices})

    def line(self, e: Expr) -> Line:
        present = set(walk(e))
        given = Names({n: name for n, name in self.names.items() if n in present})
        given.avoid = self.avoid | {name for n, name in self.names.items() if n not in present}
        found = plan(e, given, letters={i: s for i, s in self.letters.items() if i in e.free}, reading=True)
        self.names.update(found.names)
        for i, s in found.letters.items():
            if i in e.free:
                self.letters.setdefault(i, s)
        return Line(e, given, found.letters)

    def definitions(self, used: set[Expr]) -> list[tuple[str, Expr]]:
        """The named parts that lines used, with the parts that their definitions use, in order."""
        needed = {n for u in used for n in walk(u) if n in self.names}
        order = [n for n in walk(*needed) if n in needed]
        return [(self.names[n], n) for n in order]


def derivation_text(d: Derivation) -> str:
    """Numbered lines with their reasons, then what the names stand for."""
    if not d.steps:
        return f"{pretty(d.expression, d.hints)} is its own derivative: {pretty(d.shown, d.hints)}"
    lines = Lines(d)
    start = lines.line(d.steps[0].before)
    out = [f"  {_pretty(start)}"]
    used: set[Expr] = set()
    for number, (s, line, part) in enumerate(_with(lines, d), 1):
        used |= {n for n in walk(line.formula) if n in lines.names}
        formula = f"{number:3}.  = {_pretty(line)}"
        reason = f"{s.reason}{_because(part)}"
        if len(formula) <= WIDTH and len(formula) + len(reason) < 2 * WIDTH:
            out.append(f"{formula:<{WIDTH}}  {reason}")
        else:
            out += [formula, f"{'':{WIDTH // 4}}  {reason}"]
    definitions = lines.definitions(used)
    if definitions:
        out.append("")
        for n, (name, e) in enumerate(definitions):
            shown = pretty(e, _others(lines.names, e), where=False)
            out.append(f"  {'where' if n == 0 else '     '} {shown_name(name)} = {shown}")
    if d.shown is d.vec:
        out.append("  layout: ∂vec Y/∂vec X, vec stacks columns")
    elif not d.is_matrix:
        out.append("  there is no matrix form")
    out += [f"  note: {n}" for n in d.notes]
    out.append(f"  {verdict_line(d)}")
    return "\n".join(out)


def verdict_line(d: Derivation) -> str:
    """How the steps are known to hold, in a sentence."""
    counts: dict[str, int] = {}
    for s in d.steps:
        counts[s.verdict] = counts.get(s.verdict, 0) + 1
    bad = counts.get("different", 0) + counts.get("undecided", 0)
    parts = [f"{n} {how}" for how, n in counts.items()]
    return f"steps: {', '.join(parts)}" + (" — not all steps are verified" if bad else "")


def _with(lines: Lines, d: Derivation) -> Iterator[tuple[Step, Line, tuple[Line, Line] | None]]:
    for s in d.steps:
        line = lines.line(s.after)
        part = None
        if s.part is not None and s.rule == "definition":
            part = (Line(s.part[0], line.names, line.letters), Line(s.part[1], line.names, line.letters))
        yield s, line, part


def _because(part: tuple[Line, Line] | None) -> str:
    return f": {_pretty(part[0])} = {_pretty(part[1])}" if part else ""


def _pretty(line: Line) -> str:
    return pretty(line.formula, line.names, where=False, letters=line.letters)


def _others(names: Names, e: Expr) -> Names:
    return Names({n: name for n, name in names.items() if n is not e})


def derivation_latex(d: Derivation) -> str:
    """An `aligned` block: one row a step, with the rule beside it, and the definitions below."""
    if not d.steps:
        return latex(d.shown, "matrix", hints=d.hints)
    lines = Lines(d)
    start = lines.line(d.steps[0].before)
    rows = [_latex(start)]
    used: set[Expr] = set()
    for s, line, _ in _with(lines, d):
        used |= {n for n in walk(line.formula) if n in lines.names}
        rows.append(rf"&= {_latex(line)} && \text{{{_plain(s.rule)}}}")
    for n, (name, e) in enumerate(lines.definitions(used)):
        word = r"\text{where } " if n == 0 else ""
        shown = to_latex(e, _others(lines.names, e), where=False)
        rows.append(rf"&{word}{latex_name(name)} = {shown}")
    body = " \\\\\n".join(rows)
    return "\\begin{aligned}\n" + body + "\n\\end{aligned}"


def _latex(line: Line) -> str:
    return to_latex(line.formula, line.names, where=False, letters=line.letters)


def _plain(words: str) -> str:
    return words.replace("_", " ")


def derivation_dict(d: Derivation) -> dict[str, Any]:
    """The dictionary of `derive --json`."""
    shown = d.shown
    matrix = to_text(shown, d.hints) if d.is_matrix or shown is d.vec else None
    einsum = text(d.result, "einsum", hints=d.hints)
    result: dict[str, Any] = {
        "matrix": matrix,
        "matrix_layout": None if matrix is None else "vec" if shown is d.vec else "jac",
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
    letters = Lines(d).letters

    def state(e: Expr) -> str:
        if e not in written:
            open_ = any(isinstance(n, Partial) for n in walk(e))
            fixed = {i: s for i, s in letters.items() if i in e.free}
            written[e] = pretty(e, d.hints, letters=fixed) if open_ else to_text(e, d.hints)
        return written[e]

    return [
        {
            "rule": s.rule,
            "reason": s.reason,
            "before": state(s.before),
            "after": state(s.after),
            "verdict": s.verdict,
        }
        for s in d.steps
    ]
