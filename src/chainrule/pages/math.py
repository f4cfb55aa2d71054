"""A formula for all media at once: a box of text, LaTeX and MathML."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from chainrule.core.expr import Expr
from chainrule.core.index import Index
from chainrule.notation import mathml as ml
from chainrule.notation.display import Display
from chainrule.notation.latex import LatexStyle, latex_name
from chainrule.notation.naming import plan
from chainrule.notation.pretty import UnicodeStyle, shown_name, subscript, superscript
from chainrule.notation.style import ATOM, COMPARE, POWER, PRODUCT, Scripts
from chainrule.pages import boxes
from chainrule.pages.boxes import Box
from chainrule.pages.escape import math_text
from chainrule.pages.signs import POSTFIX, PREFIX, RELATIONS, SIGNS, TIGHT_AFTER, TIGHT_BEFORE

_GAP = '<mspace width="0.4em"/>'


@dataclass(frozen=True, slots=True)
class Math:
    """A formula.

    text: lines of equal width, one mostly; a matrix has several. latex: without dollar signs. mathml: elements that
    stand side by side, without the `math` element around them.
    level, minus, open, script: as in `Shown`, for those who put it into something larger.
    kind: "sign" or "words". parts: what a row was made of.
    """

    text: Box
    latex: str
    mathml: str
    level: int = ATOM
    minus: bool = False
    open: bool = False
    script: bool = False
    kind: str = ""
    parts: tuple[Math, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.text)

    @property
    def baseline(self) -> int:
        """The line of `text` that is level with what stands beside it."""
        return boxes.baseline(self.text)

    @property
    def width(self) -> int:
        """Columns of a terminal."""
        return boxes.width(self.text[0])

    @property
    def opens(self) -> bool:
        """Whether it is a sign that can stand before a term with nothing to its left."""
        return self.kind == "sign" and self.text[0] in PREFIX

    @property
    def joins(self) -> bool:
        """Whether it is a sign after which a new term starts."""
        return self.kind == "sign" and self.text[0] not in POSTFIX

    @property
    def relation(self) -> bool:
        """Whether it is a sign such as = or ←."""
        return self.kind == "sign" and self.text[0] in RELATIONS

    # Leaves ---------------------------------------------------------------------------------------------------------

    @staticmethod
    def of(
        e: Expr, scripts: Scripts | None = None, letters: Mapping[Index, str] | None = None,
        hints: Mapping[Expr, str] | None = None, share: bool = False, where: bool = False,
    ) -> Math:  # fmt: skip
        r"""An expression; options as in `pretty`.

        Examples:
            >>> from chainrule.notation.parser import parse
            >>> m = Math.of(parse("W1'*y", "W1: m n; y: m"), scripts={"W1": ("W", "1")})
            >>> print(m, "or", m.latex)
            (W¹)ᵀ y or \left(W^{1}\right)^{\top} y

        """
        p = plan(e, hints, share, letters, reading=True)
        names, scripts = set(p.names.values()) | {v.name for v in e.variables}, scripts or {}
        text = Display(UnicodeStyle(where, names, scripts), p, e)
        latex = Display(LatexStyle(where, scripts), p, e)
        mathml = Display(ml.MathmlStyle(where, scripts), p, e).program()
        level = COMPARE if where and p.definitions else min(text.result.level, latex.result.level)
        r = text.result
        return Math((text.program(),), latex.program(), mathml, level, r.minus, r.open, r.script)

    @staticmethod
    def name(name: str, scripts: Scripts | None = None) -> Math:
        """The name of a variable: W1 is W₁, or W¹ where `scripts` says so."""
        script = name in (scripts or {})
        return Math(
            (shown_name(name, scripts),), latex_name(name, scripts), ml.mathml_name(name, scripts), script=script
        )

    @staticmethod
    def sign(sign: str) -> Math:
        """A sign such as = ⊙ · − + ← ⇒ ≈ ∂ Σ.

        Raises:
            ValueError: there is no such sign.
        """
        sign = {"-": "−", "*": "·", "∑": "Σ"}.get(sign, sign)
        if sign not in SIGNS:
            raise ValueError(f"no sign {sign!r}; there are {' '.join(SIGNS)}")
        return Math((sign,), SIGNS[sign], ml.operator({"Σ": "∑", "ᵀ": "⊤"}.get(sign, sign)), kind="sign")

    @staticmethod
    def words(text: str) -> Math:
        """Upright text within a formula."""
        return Math((text,), math_text(text), f"<mtext>{ml.escape(text)}</mtext>", kind="words")

    @staticmethod
    def number(value: Fraction | int) -> Math:
        r"""An exact number: a whole one, or a fraction.

        Examples:
            >>> print(Math.number(Fraction(-13, 7)), Math.number(Fraction(-13, 7)).latex)
            −13/7 -\frac{13}{7}

        """
        top, bottom = abs(value.numerator), value.denominator
        if bottom == 1:
            found = Math((str(top),), str(top), f"<mn>{top}</mn>")
        else:
            fraction = ml.tag("mfrac", f"<mn>{top}</mn>", f"<mn>{bottom}</mn>")
            found = Math((f"{top}/{bottom}",), rf"\frac{{{top}}}{{{bottom}}}", fraction, PRODUCT, open=True)
        return found._negative() if value < 0 else found

    @staticmethod
    def decimal(text: str) -> Math:
        r"""A decimal number, as in 0.798… or -1.5e-7.

        Examples:
            >>> print(Math.decimal("-1.5e-7"), Math.decimal("-1.5e-7").latex)
            −1.5 · 10⁻⁷ -1.5 \cdot 10^{-7}

        """
        digits, _, exponent = text.strip().lstrip("-−+").partition("e")
        found = Math((digits,), digits.replace("…", r"\ldots"), f"<mn>{ml.escape(digits)}</mn>")
        if exponent:
            power = Math.sup(Math.number(10), Math.number(int(exponent)))
            found = replace(Math.row(found, Math.sign("·"), power), level=PRODUCT, parts=())
        return found._negative() if text.strip()[:1] in ("-", "−") else found

    # Formulas made of others ------------------------------------------------------------------------------------------

    @staticmethod
    def row(*parts: Math) -> Math:
        """Side by side; a minus that has nothing to its left is one of a negative number.

        Examples:
            >>> print(Math.row(Math.name("a"), Math.sign("="), Math.sign("−"), Math.name("b")))
            a = −b

        """
        if len(parts) == 1:
            return parts[0]
        texts: list[Box] = []
        latex: list[str] = []
        mathml: list[str] = []
        prefixes = [p.opens and (not n or parts[n - 1].joins) for n, p in enumerate(parts)]
        for n, (part, prefix) in enumerate(zip(parts, prefixes, strict=True)):
            if n:
                before = parts[n - 1]
                close = prefixes[n - 1] or before.text[0] in TIGHT_AFTER or part.text[0] in TIGHT_BEFORE
                texts.append(("" if close else " ",))
                if "words" in (before.kind, part.kind):
                    latex.append(r"\;")
                    mathml.append(_GAP)
                elif not before.kind and ml.starts_with_word(part.mathml):
                    mathml.append(ml.THIN)
            texts.append(part.text)
            latex.append(part.latex)
            mathml.append(ml.operator(part.text[0], "prefix") if prefix else part.mathml)
        return Math(boxes.beside(*texts), " ".join(latex), ml.one("".join(mathml)), COMPARE, parts=parts)

    @staticmethod
    def matrix(rows: Sequence[Sequence[Math]]) -> Math:
        """Entries in brackets.

        Examples:
            >>> print(Math.matrix([[Math.number(k * n) for k in (1, -2)] for n in (1, 10)]))
            ⎡ 1   −2⎤
            ⎣10  −20⎦

        """
        if not rows or not rows[0]:
            return Math(("[]",), r"\left(\,\right)", ml.fenced("(", "", ")"))
        text = boxes.fenced(boxes.grid([[m.text for m in row] for row in rows]), boxes.SQUARE)
        latex = r" \\ ".join(" & ".join(m.latex for m in row) for row in rows)
        cells = ("".join(f"<mtd>{m.mathml}</mtd>" for m in row) for row in rows)
        table = f"<mtable>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable>"
        return Math(text, rf"\begin{{pmatrix}} {latex} \end{{pmatrix}}", ml.fenced("(", table, ")"))

    @staticmethod
    def partial(top: Math, bottom: Math) -> Math:
        """The derivative of the one by the other, ∂C/∂W¹."""
        over, under = (m if m.level == ATOM and not m.minus else Math.bracket(m) for m in (top, bottom))
        text = boxes.beside(("∂",), over.text, ("/∂",), under.text)
        mathml = ml.tag("mfrac", _D + over.mathml, _D + under.mathml)
        return Math(text, rf"\frac{{\partial {over.latex}}}{{\partial {under.latex}}}", mathml, POWER)

    @staticmethod
    def sup(base: Math, above: Math | str) -> Math:
        """A superscript; a base that has one already is bracketed."""
        base, above = base._whole(), _script(above)
        text = boxes.raised(base.text, superscript(str(above).replace(" ", "")))
        mathml = _with_script("msub", base.mathml, above.mathml)
        return Math(text, f"{_grouped(base.latex, '_')}^{{{above.latex}}}", mathml, script=True)

    @staticmethod
    def sub(base: Math, below: Math | str) -> Math:
        """A subscript."""
        below = _script(below)
        base = base if base.level == ATOM and not base.minus else Math.bracket(base)
        text = boxes.lowered(base.text, subscript(str(below).replace(" ", "")))
        mathml = _with_script("msup", base.mathml, below.mathml)
        return Math(text, f"{_grouped(base.latex, '^')}_{{{below.latex}}}", mathml, script=base.script)

    @staticmethod
    def bracket(inner: Math) -> Math:
        """In round brackets."""
        return Math(boxes.fenced(inner.text), rf"\left({inner.latex}\right)", ml.fenced("(", inner.mathml, ")"))

    @staticmethod
    def transpose(base: Math) -> Math:
        """Transposed; (W¹)ᵀ where the base has a superscript."""
        base = base._whole()
        mathml = _with_script("msub", base.mathml, ml.operator("⊤", tight=True))
        return Math(boxes.raised(base.text, "ᵀ"), rf"{_grouped(base.latex, '_')}^{{\top}}", mathml, script=True)

    @staticmethod
    def scaled(factor: Math, body: Math) -> Math:
        """A number or a scalar times something.

        Examples:
            >>> print(Math.scaled(Math.number(Fraction(1, 3)), Math.name("W")))
            (1/3) W
            >>> print(Math.scaled(Math.number(-2), Math.number(-3)))
            −2 · (−3)

        """
        left = factor if factor.level >= PRODUCT else Math.bracket(factor)
        right = body if body.level >= PRODUCT and not body.minus else Math.bracket(body)
        digits = body.text[0].lstrip("−")[:1].isdigit() and len(body.text) == 1
        sign = Math.sign("·") if digits else None
        first = boxes.fenced((left.text[0].lstrip("−"),)) if left.open else left.text
        if left.open and left.minus:
            first = boxes.beside(("−",), first)
        text = boxes.beside(first, (" · " if sign else " ",), right.text)
        latex = " ".join(m for m in (left.latex, sign.latex if sign else "", right.latex) if m)
        between = ml.THIN if ml.starts_with_word(right.mathml) else ""
        mathml = left.mathml + (sign.mathml if sign else ml.operator("\u2062") + between) + right.mathml
        return Math(text, latex, mathml, PRODUCT, left.minus, body.open)

    def split(self) -> tuple[Math, Math]:
        """A row before its first relation sign, and from that on; what rows of equations are aligned at."""
        for n, part in enumerate(self.parts):
            if part.relation:
                return Math.row(*self.parts[:n]), Math.row(*self.parts[n:])
        return Math.row(), self

    def lines(self, most: int) -> tuple[Math, ...]:
        """A row that is wider than `most` columns as several: from each relation sign to the next, and where that is
        still too wide, from one +, − or ⊙ to another.

        Examples:
            >>> a, b, plus = Math.name("a"), Math.name("b"), Math.sign("+")
            >>> for line in Math.row(Math.sign("="), a, plus, b, plus, a).lines(7):
            ...     print(line)
            = a + b
             + a

        """
        if self.width <= most or not self.parts:
            return (self,)
        parts = self._flat()
        starts = [n for n, part in enumerate(parts) if part.relation or not n]
        return tuple(line for a, b in itertools.pairwise([*starts, len(parts)]) for line in _broken(parts[a:b], most))

    def _flat(self) -> tuple[Math, ...]:
        """What a row is made of, rows within it opened."""
        return tuple(p for part in self.parts for p in part._flat()) or (self,)

    def _whole(self) -> Math:
        """What can carry an exponent."""
        return self if self.level == ATOM and not self.script and not self.minus else Math.bracket(self)

    def _negative(self) -> Math:
        text = boxes.beside(("−",), self.text)
        return replace(self, text=text, latex=f"-{self.latex}", mathml=_MINUS + self.mathml, minus=True)


def _broken(parts: Sequence[Math], most: int) -> Iterator[Math]:
    """Parts in as few lines as hold them, cut before a sign between two terms or factors."""
    infix = [n > 1 and p.kind == "sign" and p.text[0] in _BETWEEN for n, p in enumerate(parts)]
    cuts = [n for n, is_infix in enumerate(infix) if is_infix and not parts[n - 1].joins]
    line: Sequence[Math] = parts[: cuts[0]] if cuts else parts
    for a, b in itertools.pairwise([*cuts, len(parts)]):
        if Math.row(*line, *parts[a:b]).width > most:
            yield Math.row(*line)
            line = (_INDENT,)
        line = (*line, *parts[a:b])
    yield Math.row(*line)


def _script(m: Math | str) -> Math:
    """What stands above or below; plain text is read as letters, numbers and signs."""
    if isinstance(m, Math):
        return m
    if re.fullmatch(r"[^\W\d_]{2}", m):  # two letters are two indices
        return Math((m,), m, "".join(map(ml.tokens, m)))
    if re.fullmatch(r"[^\W\d_]{3,}", m) or not re.fullmatch(r"[\w+\-−=,.() ]*", m.replace("_", "\\")):
        return Math((m,), math_text(m), ml.tokens(m))
    return Math((m,), m.replace("−", "-"), ml.tokens(m))


def _grouped(latex: str, other: str) -> str:
    """LaTeX that can take a script; a letter may have its `other` script already."""
    letter = rf"\\?\w+\{other}\{{[^{{}}]*\}}"
    return latex if _SINGLE.fullmatch(latex) or re.fullmatch(letter, latex) else f"{{{latex}}}"


def _with_script(has: str, mathml: str, new: str) -> str:
    """A script put to a base; to a letter that `has` the other one, so that they stand one above the other."""
    found = re.fullmatch(rf"<{has}>(<mi>[^<]*</mi>)(.*)</{has}>", mathml)
    if found is None:
        return ml.tag("msub" if has == "msup" else "msup", mathml, new)
    return ml.tag("msubsup", found[1], *((new, found[2]) if has == "msup" else (found[2], new)))


_SINGLE = re.compile(r"\\?\w+|\\left\(.*\\right\)|\\begin\{pmatrix\}.*\\end\{pmatrix\}", re.DOTALL)
_BETWEEN = ("+", "−", "⊙")  # where a line can be broken
_INDENT = Math(("",), r"\quad", '<mspace width="1em"/>')
_D = ml.operator("∂", tight=True)
_MINUS = ml.operator("−", "prefix")
