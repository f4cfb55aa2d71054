"""`chainrule derive`: the derivative of an expression, its steps, and whether a formula of the user's is it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.guard import UNUSABLE, WRONG, as_options
from chainrule.cli.output import as_json, check_suffix, deliver, read
from chainrule.errors import UnknownName

if TYPE_CHECKING:
    from chainrule.core.expr import Expr
    from chainrule.explain.derivation import Derivation
    from chainrule.judge.verdict import Verdict
    from chainrule.notation.parser import Program

FORMATS = (".json", ".tex", ".md", ".txt")
HEAD = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb}
\setlength{\parindent}{0pt}
\begin{document}"""


class Layout(StrEnum):
    """Which way round a gradient or a Jacobian is written."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"


class Form(StrEnum):
    """How the result is written."""

    MATRIX = "matrix"
    INDEX = "index"
    ELEMENT = "element"
    EINSUM = "einsum"
    LATEX = "latex"


EPILOG = """
**Examples**

    chainrule derive "0.5*x'*A*x" --wrt x

    chainrule derive "J(W*x + b)" --given "W: m n; x: n; b: m; J: function(m)" --wrt W --steps

    chainrule derive "logsumexp(A*x)" --wrt x --order 2 --form latex

    chainrule derive "x'*sin(A*y)" --wrt x --wrt y

    chainrule derive "norm2(W*x + b)^2" --given "b: m" --wrt W,b -o gradients.tex

    chainrule derive "tr(A*X'*X)" --wrt X --answer "2*X*A"

    chainrule derive "logdet(S)" --given "S: n n spd" --wrt S --constrained

    echo "p = softmax(W*x); -log(p'*y)" | chainrule derive - --wrt W --json

Undeclared names follow matrixcalculus.org: a-g are scalars, h-z vectors, capitals matrices. docs/language.md says all.

**Exit codes** 0: fine; 1: the answer is not the derivative; 2: the input cannot be used.
"""


def derive(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="What to differentiate; - reads standard input.")],
    wrt: Annotated[
        list[str],
        typer.Option(
            "--wrt",
            metavar="X",
            help="The variable; twice for the mixed second derivative; X,Y for a gradient by each.",
        ),
    ],
    order: Annotated[int, typer.Option(min=1, max=2, help="2: the second derivative by one variable.")] = 1,
    given: Annotated[
        list[str] | None,
        typer.Option("--given", metavar="DECLARATIONS", help='As in "W: m n; x: n; t: scalar positive".'),
    ] = None,
    form: Annotated[Form, typer.Option(help="How the result is written.")] = Form.MATRIX,
    layout: Annotated[
        Layout | None,
        typer.Option(
            help="Write the matrix form in this layout. Without it a gradient has the variable's shape, and a Jacobian"
            " has a row for each entry of the output."
        ),
    ] = None,
    constrained: Annotated[
        bool,
        typer.Option(
            "--constrained",
            help="Differentiate within the symmetric (spd, diagonal, lower, upper) matrices, whose entries vary"
            " together.",
        ),
    ] = False,
    steps: Annotated[bool, typer.Option("--steps", help="Show every step with its reason.")] = False,
    fold: Annotated[bool, typer.Option("--fold", help="Show the steps, one line an operation.")] = False,
    answer: Annotated[
        str | None,
        typer.Option(metavar="FORMULA", help="Say whether this is the derivative, and if not, where it differs."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write a .json, .tex, .md or .txt file instead of printing."
        ),
    ] = None,
) -> None:
    """Differentiate an expression, by one variable or several, once or twice."""
    check_suffix(output, dict.fromkeys(FORMATS, str))
    if json and output is not None and output.suffix.lower() != ".json":
        raise typer.BadParameter(f"--json and a {output.suffix} file: leave one of them out", param_hint="--output")
    if layout is not None and form not in (Form.MATRIX, Form.LATEX):
        raise typer.BadParameter(f"the {form.value} form has no layout: it names every axis", param_hint="--layout")
    with as_options():
        ask = question(expression, "; ".join(given or []), wrt, order, constrained, layout)
        found = [ask.derivation(names) for names in ask.by]
        verdict = _compare(ask, found, answer) if answer is not None else None
    page = Page(ask, found, form, steps or fold, fold, verdict)
    formats = {".json": page.json, ".tex": page.tex, ".md": page.markdown, ".txt": page.text}
    deliver(page.json if json else page.text, output, formats)
    for d in found:
        for warning in _warnings(d, fold and not json):
            typer.echo(f"warning: {warning}", err=True)
    if verdict is not None and verdict.equal is not True:
        raise typer.Exit(WRONG if verdict.equal is False else UNUSABLE)


def _warnings(d: Derivation, fold: bool) -> list[str]:
    """The steps that could not be verified, by the numbers that they are printed with."""
    from chainrule.explain.show import read_steps

    unverified = ("different", "undecided")
    if not any(s.verdict in unverified for s in d.steps):
        return []
    return [
        f"step {number} ({step.rule}) is not verified: {step.verdict}"
        for number, step in enumerate(read_steps(d, fold), 1)
        if step.verdict in unverified
    ]


@dataclass
class Question:
    """A parsed expression, and the derivatives that are wanted of it."""

    program: Program
    by: list[tuple[str, ...]]
    order: int
    constrained: bool = False
    layout: Layout | None = None

    def derivation(self, names: tuple[str, ...]) -> Derivation:
        import chainrule as cr

        first, *more = names
        wrt = names if more else first
        layout = None if self.layout is None else self.layout.value
        return cr.derive(self.program.expression, wrt, self.order, self.constrained, layout)

    @property
    def declarations(self) -> str:
        """Declarations of all variables and functions, the inferred ones included."""
        functions = self.program.functions
        return "; ".join(
            [_declared(v) for v in self.program.variables.values()] + [_function(f) for f in functions.values()]
        )


def question(
    expression: str, given: str, wrt: list[str], order: int, constrained: bool = False, layout: Layout | None = None
) -> Question:
    """What the command line asks for.

    Raises:
        typer.BadParameter: the options contradict each other.

    """
    from chainrule.notation.lexer import plain
    from chainrule.notation.parser import parse_program

    lists = [[plain(n.strip()) for n in w.split(",") if n.strip()] for w in wrt]
    if not all(lists):
        raise typer.BadParameter("a name is missing", param_hint="--wrt")
    if len(lists) > 1 and (order != 1 or any(len(names) > 1 for names in lists)):
        raise typer.BadParameter(
            "--wrt twice is the mixed second derivative: one name each, and no --order", param_hint="--wrt"
        )
    twice = next((n for names in lists for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise typer.BadParameter(
            f"{twice} twice in one list gives one gradient twice; --order 2 is the second derivative",
            param_hint="--wrt",
        )
    program = parse_program(read(expression), given)
    if len(lists) > 1:
        return Question(program, [tuple(names[0] for names in lists)], 1, constrained, layout)
    return Question(program, [(name,) for name in lists[0]], order, constrained, layout)


def _declared(v: Any) -> str:
    shape = [f"({n})" if " " in str(n) else str(n) for n in v.shape] or ["scalar"]
    props = sorted(v.props) + ([f"index({v.index_size})"] if v.index_size is not None else [])
    return f"{v.name}: {' '.join([*shape, *props])}"


def _function(f: Any) -> str:
    if f.elementwise:
        return f"{f.name}: elementwise"
    arg = ", ".join(map(str, f.arg or ()))
    out = f"->({', '.join(map(str, f.out))})" if f.out else ""
    return f"{f.name}: function({arg}){out}"


def _compare(ask: Question, found: list[Derivation], answer: str) -> Verdict:
    from chainrule.core.expr import SizeValue, intern
    from chainrule.core.size import size
    from chainrule.notation.parser import parse_program

    if len(found) > 1:
        raise typer.BadParameter("an answer is compared with one derivative", param_hint="--wrt")
    known: dict[str, Expr] = {n: intern(SizeValue, size(n)) for n in ask.program.sizes}
    program = parse_program(read(answer), ask.declarations, {**known, **dict(ask.program.definitions)})
    strangers = [name for name, _ in program.inferred]
    if strangers:
        raise UnknownName(
            f"the answer has {strangers[0]}, which the expression does not have",
            hint=f"{', '.join(ask.program.variables)}, or declare it with --given",
        )
    return _nearest(found[0], program.expression)


def _nearest(d: Derivation, answer: Any) -> Verdict:
    """The verdict on an answer in the layout that is shown, or in one as good: ∂Y/∂X or ∂vec Y/∂vec X."""
    import chainrule as cr

    layouts = [d.shown] if d.layout else dict.fromkeys(e for e in (d.shown, d.result, d.vec) if e is not None)
    fitting = [e for e in layouts if e.ndim == answer.ndim] or list(layouts)[:1]
    verdicts = [cr.equal(e, answer) for e in fitting]
    return next((v for v in verdicts if v.equal), verdicts[0])


@dataclass
class Page:
    """What is written, in each format."""

    ask: Question
    found: list[Derivation]
    form: Form
    steps: bool
    fold: bool
    verdict: Verdict | None

    def text(self) -> str:
        parts: list[str] = []
        inferred = self.ask.program.describe()
        if inferred:
            parts.append(f"taking {inferred}")
        parts += [f"note: {note}" for note in self.ask.program.notes]
        for d in self.found:  # the steps end with their notes
            notes = () if self.steps and self.form is not Form.LATEX else d.notes
            parts.append("\n".join([self._shown(d), *(f"note: {n}" for n in notes)]))
        if self.verdict is not None:
            parts.append(verdict_text(self.verdict))
        return "\n\n".join(parts)

    def _shown(self, d: Derivation) -> str:
        if self.steps:
            return d.latex() if self.form is Form.LATEX else d.text_steps(fold=self.fold)
        if self.form is Form.LATEX:
            return self._tex_of(d)
        if self.form is Form.MATRIX:
            return _matrix(d)
        if self.form is Form.ELEMENT:
            return f"{_entry_name(d, self.ask.declarations)} = {d.text('element')}"
        return f"{_name(d, vec=False)} = {d.text(self.form.value)}"

    def json(self) -> str:
        data: list[dict[str, Any]] = [d.to_dict() for d in self.found]
        if self.verdict is not None:
            data[0]["answer"] = verdict_dict(self.verdict)
        return as_json(data if len(data) > 1 else data[0])

    def tex(self) -> str:
        from chainrule.pages.escape import latex_text

        inferred = self.ask.program.describe()
        body = [f"Taking {latex_text(inferred)}." if inferred else ""]
        body += [f"\\[\n{self._tex_of(d)}\n\\]" for d in self.found]
        body += [
            latex_text(f"Note: {n}.") for n in (*self.ask.program.notes, *(n for d in self.found for n in d.notes))
        ]
        if self.verdict is not None:
            first, *more = verdict_text(self.verdict).splitlines()
            body.append("\\par\n".join(latex_text(line) for line in (first, *more)))
        return "\n\n".join([HEAD, *filter(None, body), "\\end{document}"])

    def markdown(self) -> str:
        head = f"Derivative of `{self.ask.program.result.text()}`"
        inferred = self.ask.program.describe()
        parts = [head + (f", taking {inferred}" if inferred else "") + "."]
        parts += [f"$$\n{self._tex_of(d)}\n$$" for d in self.found]
        parts += [f"- {note}" for d in self.found for note in d.notes]
        if self.verdict is not None:
            parts.append(verdict_text(self.verdict))
        return "\n\n".join(parts)

    def _tex_of(self, d: Derivation) -> str:
        form = "matrix" if self.form is Form.LATEX else self.form.value
        return d.latex() if self.steps else f"{_name(d, True, form == 'matrix')} = {d.latex(form)}"


def _matrix(d: Derivation) -> str:
    """The matrix form for reading, and below it as it is typed; the index form where there is none."""
    from chainrule.notation.pretty import pretty

    if not d.is_matrix and not d.is_vec:
        return f"{_name(d, vec=False)} = {d.text('element')}\nnote: there is no matrix form"
    shown, typed = pretty(d.shown, d.hints), d.text()
    return f"{_name(d)} = {shown}" + (f"\n  typed: {typed}" if typed != shown else "")


def _name(d: Derivation, tex: bool = False, vec: bool = True) -> str:
    """∂f/∂x, ∂²f/∂x∂y, ∂vec f/∂vec X: what was asked for, on the left of the equation."""
    word, squared = ("vec ", "²") if not tex else (r"\operatorname{vec}", "^{2}")
    word = word if d.is_vec and vec else ""
    sign = r"\partial" if tex else "∂"
    gap = " " if tex else ""
    above = sign + (squared if len(d.wrt) > 1 else "") + gap + word + (" " if tex and word else "") + "f"
    times = Counter(v.name for v in d.wrt)
    below = gap.join(
        sign + gap + word + (" " if tex and word else "") + _letter(name, tex) + squared * (n > 1)
        for name, n in times.items()
    )
    return rf"\frac{{{above}}}{{{below}}}" if tex else f"{above}/{below}"


def _entry_name(d: Derivation, declarations: str) -> str:
    """∂f_i/∂X_jk: the entry whose formula the element form is."""
    from chainrule.core.expr import Array
    from chainrule.notation.parser import parse_program

    program = parse_program(d.text("index"), declarations)
    e = program.expression
    letters = iter([i.hint for i in e.indices] if isinstance(e, Array) else [])

    def entry(name: str, axes: int) -> str:
        indices = "".join(next(letters, "") for _ in range(axes))
        return f"{name}_{indices}" if indices else name

    above = entry("f", d.expression.ndim)
    below = "".join(f"∂{entry(v.name, v.ndim)}" for v in d.wrt)
    return f"∂{'²' * (len(d.wrt) > 1)}{above}/{below}"


def _letter(name: str, tex: bool) -> str:
    """A variable in a heading: W1 is W₁."""
    from chainrule.notation.display import split_name

    base, index = split_name(name)
    if tex:
        return base + (f"_{{{index}}}" if index else "")
    return base + index.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")) if index.isdigit() else name


def verdict_text(v: Verdict) -> str:
    """What is said about an answer."""
    match v.equal:
        case True:
            return f"The answer is right: {v}."
        case False:
            return f"The answer is wrong. Left: the derivative, right: the answer.\n{v}"
        case _:
            return f"The answer could be neither confirmed nor refuted: {v}."


def verdict_dict(v: Verdict) -> dict[str, Any]:
    """A verdict for JSON: every number a string."""
    from chainrule.judge.verdict import show

    example = v.counterexample
    return {
        "verdict": v.how,
        "equal": v.equal,
        "points": v.points,
        "reason": v.reason,
        "counterexample": example
        and {
            "sizes": dict(example.sizes),
            "values": {name: show(value) for name, value in example.values.items()},
            "entry": list(example.entry),
            "derivative": show(example.left),
            "answer": show(example.right),
        },
    }
