"""Expressions in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from chainrule.core.expr import Apply, Expr
from chainrule.core.index import Index
from chainrule.notation.display import GREEK, Display, split_name
from chainrule.notation.naming import plan
from chainrule.notation.style import ATOM, POWER, PRODUCT, Scripts, Shown, Style
from chainrule.notation.text import number

_COMMANDS = {sign: f"\\{name}" for name, sign in GREEK.items() if name != "lam"}
_OWN = {"A", "B"}  # capitals that look Latin have no command
_SIGNS = {"≥": r"\ge", "≤": r"\le", ">": ">", "<": r"\lt"}


def to_latex(
    e: Expr, hints: Mapping[Expr, str] | None = None, share: bool = True, where: bool = True,
    letters: Mapping[Index, str] | None = None, scripts: Scripts | None = None,
) -> str:  # fmt: skip
    r"""The expression in LaTeX, without dollar signs; options as in `pretty`.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> to_latex(parse("x'*y/n", given="x: n; y: n"))
        '\\frac{x^{\\top} y}{n}'

    """
    return Display(LatexStyle(where, scripts or {}), plan(e, hints, share, letters, reading=True), e).program()


def latex_name(name: str, scripts: Scripts | None = None) -> str:
    """A name as `to_latex` shows it: W1 is W_{1}."""
    return LatexStyle(False, scripts or {}).variable(name).text


class LatexStyle(Style):
    times, between, entrywise, divided, kron = r" \cdot ", " ", r"\odot", r"\oslash", r"\otimes"
    minus, negative, plus, d, dot, more = "-", "-", "+", r"\partial ", " ", r",\; "

    def __init__(self, explained: bool, scripts: Scripts) -> None:
        self.explained, self.scripts = explained, scripts

    def number(self, value: Fraction) -> Shown:
        text = number(value)
        if "/" in text or value.denominator in (2, 3, 4, 8):
            return Shown(rf"\frac{{{value.numerator}}}{{{value.denominator}}}", POWER)
        if "e" in text:
            digits, exponent = text.split("e")
            power = f"10^{{{exponent}}}"
            return Shown(power if digits == "1" else rf"{digits} \cdot {power}", PRODUCT, script=True)
        return Shown(text, ATOM)

    def name(self, name: str) -> str:
        base, index = split_name(name)
        return self._base(base) + (f"_{{{self._index(index)}}}" if index else "")

    def _base(self, base: str) -> str:
        base = GREEK.get(base, base)
        if base in _COMMANDS:
            return _COMMANDS[base]
        return base if len(base) == 1 else rf"\mathrm{{{base}}}"

    def _index(self, index: str) -> str:
        return ",".join(part if part.isdigit() else self._base(part) for part in re.split("[,_]", index) if part)

    def scripted(self, base: str, above: str) -> str:
        base = f"{{{base}}}" if "_" in base else base  # its own subscript stays with it when it gets another
        return f"{base}^{{{above}}}"

    def bracket(self, text: str) -> str:
        return rf"\left({text}\right)"

    def subscript_bracket(self, text: str) -> str:
        return f"({text})"

    def starts_with_bracket(self, text: str) -> bool:
        return text.startswith(r"\left(")

    def power(self, base: str, exponent: str, entrywise: bool = False) -> str:
        return rf"{base}^{{\odot {exponent}}}" if entrywise else f"{base}^{{{exponent}}}"

    def transpose(self, base: str) -> str:
        return rf"{base}^{{\top}}"

    def inverse_transpose(self, base: str) -> str:
        return rf"{base}^{{-\top}}"

    def fraction(self, top: Shown, bottom: Shown) -> Shown:
        under = f"-{bottom.text}" if bottom.minus else bottom.text
        return Shown(rf"\frac{{{top.text}}}{{{under}}}", POWER)

    def entry(self, base: str, subs: Sequence[str], name: bool) -> str:
        simple = all(re.fullmatch(r"[^\W\d_]|\\[a-z]+", s) for s in subs)
        numbers = all(s.isdigit() for s in subs)
        apart = numbers and len(subs) > 1 and not (name and "^" in base)  # W_{1,2}; of a layer, w^{1}_{12}
        text = ("" if all(len(s) == 1 for s in subs) and not apart else " " if simple else ",").join(subs)
        if numbers and name and re.search(r"_\{[^{}]*\}$", base):
            return f"{self.bracket(base)}_{{{text}}}"  # entry 2 of x_{1} is no x_{1,2}
        if base.endswith("}") and "_{" in base and name and base.count("_{") == 1 and "^" not in base:
            return f"{base[:-1]},{text}}}"
        if re.search(r"_\{[^{}]*\}$", base):
            base = self.bracket(base)
        return f"{base}_{{{text}}}"

    def divide(self, op: str, a: str, b: str) -> str:
        return rf"\lfloor {a}/{b} \rfloor" if op == "//" else rf"{a} \bmod {b}"

    def total(self, letters: Sequence[str], body: str) -> str:
        return " ".join([*(rf"\sum_{{{c}}}" for c in letters), body])

    def iverson(self, text: str) -> str:
        return rf"\left[{text}\right]"

    def array(self, body: str, letters: Sequence[str]) -> str:
        return rf"\left[{body}\right]_{{{' '.join(letters)}}}"

    def partial(self, of: Shown, by: str) -> str:
        if of.level == ATOM:
            return rf"\frac{{\partial {of.text}}}{{\partial {by}}}"
        return rf"\frac{{\partial}}{{\partial {by}}} {self.bracket(of.text)}"

    def derivative(self, name: str, order: int, by: str) -> str:
        power = "^{2}" if order == 2 else ""
        return rf"\frac{{\partial{power} {name}}}{{{by}}}"

    def primed(self, name: str, order: int) -> str:
        return name + "'" * order

    def compare(self, a: str, sign: str, b: str) -> str:
        return f"{a} {_SIGNS[sign]} {b}"

    def call(self, e: Apply, args: Sequence[str], shown: Sequence[Shown | str]) -> Shown:
        name, own = e.op.name, e.op.latex
        operands = [text for text, s in zip(args, shown, strict=True) if isinstance(s, Shown)]
        if name in ("eye", "ones", "zeros"):
            command = own if isinstance(own, str) else rf"\mathrm{{{name}}}"
            sizes = r" \times ".join(self.whole.size(p) for p in e.params)
            return Shown(f"{command}_{{{sizes}}}", ATOM)
        if name in ("norm1", "norm2") and len(args) == len(operands):
            kind = "1" if name == "norm1" else "F" if e.args[0].ndim == 2 else "2"
            return Shown(rf"\left\lVert {args[0]} \right\rVert_{{{kind}}}", ATOM)
        if name == "einsum":
            spec = str(e.params[0]).replace("->", r" \to ")
            return Shown(rf"\operatorname{{einsum}}_{{{spec}}}{self.bracket(', '.join(operands))}", ATOM)
        if callable(own):
            return Shown(own(*operands), ATOM)
        command = own or rf"\operatorname{{{_escaped(name)}}}"
        texts = [text if isinstance(s, Shown) else self._param(text) for text, s in zip(args, shown, strict=True)]
        return Shown(f"{command}{self.bracket(', '.join(texts))}", ATOM)

    def _param(self, text: str) -> str:
        if text == "keep":
            return r"\mathrm{keep}"
        return re.sub(r"([A-Za-z]\w*)", lambda m: self.name(m[1]), text).replace("*", r" \, ")

    def where(self, result: str, definitions: Sequence[tuple[str, str]]) -> str:
        if not definitions or not self.explained:
            return result
        meanings = self.more.join(f"{name} = {text}" for name, text in definitions)
        return rf"{result} \quad\text{{where}}\quad {meanings}"


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")
