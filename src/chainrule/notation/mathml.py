"""Expressions in presentation MathML, of the part that browsers have in common (MathML Core)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import escape

from chainrule.core.expr import Apply, Expr
from chainrule.core.index import Index
from chainrule.notation.display import GREEK, Display, split_name
from chainrule.notation.naming import plan
from chainrule.notation.style import ATOM, POWER, PRODUCT, Scripts, Shown, Style
from chainrule.notation.text import number

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_TOKEN = re.compile(r"<(mi|mn|mo|mtext)\b[^<]*</\1>")
_TALL = re.compile("<(mfrac|mtable|munder)[ >]")
_APPLY = "<mo>\u2061</mo>"
THIN = '<mspace width="0.17em"/>'
_GAP = '<mspace width="1em"/>'
_NAMES = {"acos": r"\arccos"}
_WORD = re.compile(r"\\operatorname\{((?:[A-Za-z]|\\,)+)\}|\\([A-Za-z]+)")


def to_mathml(
    e: Expr, hints: Mapping[Expr, str] | None = None, share: bool = True, where: bool = True,
    letters: Mapping[Index, str] | None = None, scripts: Scripts | None = None, display: bool = False,
) -> str:  # fmt: skip
    """The expression as a `math` element; options as in `pretty`. `display` is for a formula on a line of its own.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> to_mathml(parse("2*t", given="t: scalar"))  # doctest: +ELLIPSIS
        '<math xmlns="..."><mn>2</mn><mo>\u2062</mo><mi>t</mi></math>'

    """
    return element(parts(e, hints, share, where, letters, scripts), display)


def parts(
    e: Expr, hints: Mapping[Expr, str] | None = None, share: bool = True, where: bool = True,
    letters: Mapping[Index, str] | None = None, scripts: Scripts | None = None,
) -> str:  # fmt: skip
    """What stands in the `math` element: elements side by side."""
    return Display(MathmlStyle(where, scripts or {}), plan(e, hints, share, letters, reading=True), e).program()


def element(inner: str, display: bool = False) -> str:
    """A `math` element around elements that stand side by side."""
    block = ' display="block"' if display else ""
    return f'<math xmlns="{NAMESPACE}"{block}>{inner}</math>'


def mathml_name(name: str, scripts: Scripts | None = None) -> str:
    """A name as `to_mathml` shows it, without the `math` element."""
    return MathmlStyle(False, scripts or {}).variable(name).text


def one(text: str) -> str:
    """Elements side by side as a single one."""
    return text if _TOKEN.fullmatch(text) else f"<mrow>{text}</mrow>"


def tag(name: str, *children: str) -> str:
    """An element of which every child is a single element."""
    return f"<{name}>{''.join(map(one, children))}</{name}>"


def operator(sign: str, form: str = "", tight: bool = False) -> str:
    """A sign; `form` where its place does not tell whether it stands before, between or after."""
    attributes = (f' form="{form}"' if form else "") + (' lspace="0" rspace="0"' if tight else "")
    return f"<mo{attributes}>{escape(sign)}</mo>"


def starts_with_word(text: str) -> bool:
    """Whether it starts with a name of several letters, which needs a space after a factor."""
    return bool(re.match(r"(<(mrow|msu[bp]|msubsup)>)*<mi>[^<]{2}", text))


def identifier(name: str) -> str:
    return f"<mi>{escape(name)}</mi>"


def fenced(left: str, text: str, right: str) -> str:
    """Brackets as high as what they hold.

    Browsers leave the space of the widest bracket around one that can stretch, so those around what is low cannot.
    """
    stretchy = "true" if _TALL.search(text) else "false"
    sides = [f'<mo form="{form}" stretchy="{stretchy}">{s}</mo>' for s, form in ((left, "prefix"), (right, "postfix"))]
    return f"<mrow>{sides[0]}{text}{sides[1]}</mrow>"


class MathmlStyle(Style):
    times, between = operator("·"), operator("\u2062")
    entrywise, divided, kron = operator("⊙"), operator("⊘"), operator("⊗")
    minus, negative, plus = operator("−"), operator("−", "prefix"), operator("+")
    d, dot = operator("∂", tight=True), operator("\u2062")
    more = f"<mo>,</mo>{_GAP}"

    def __init__(self, explained: bool, scripts: Scripts) -> None:
        self.explained, self.scripts = explained, scripts
        self.made: dict[str, tuple[str, str, str]] = {}  # of names: letter, subscript, superscript

    def number(self, value: Fraction) -> Shown:
        text = number(value)
        if "/" in text or value.denominator in (2, 3, 4, 8):
            return Shown(tag("mfrac", _digits(value.numerator), _digits(value.denominator)), POWER)
        if "e" in text:
            digits, exponent = text.split("e")
            power = tag("msup", _digits(10), self.integer(int(exponent)))
            return Shown(power if digits == "1" else f"{_digits(digits)}{self.times}{power}", PRODUCT, script=True)
        return Shown(_digits(text), ATOM)

    def starts_with_digit(self, text: str) -> bool:
        return bool(re.match(r"(<(mrow|msu[bp]|msubsup)>)*<mn>", text))

    def beside(self, right: str) -> str:
        return self.between + (THIN if starts_with_word(right) else "")

    def starts_with_bracket(self, text: str) -> bool:
        return bool(re.match(r"<mrow><mo [^>]*>\(", text))

    def name(self, name: str) -> str:
        base, index = split_name(name)
        letter = self._letter(base)
        if not index:
            return letter
        below = "<mo>,</mo>".join(_digits(p) if p.isdigit() else self._letter(p) for p in re.split("[,_]", index) if p)
        return self._scripts(letter, below, "")

    def _letter(self, base: str) -> str:
        return identifier(GREEK.get(base, base))

    def scripted(self, base: str, above: str) -> str:
        letter, below, _ = self.made.get(base, (base, "", ""))
        return self._scripts(letter, below, tokens(above))

    def _scripts(self, letter: str, below: str, above: str) -> str:
        """A letter with what stands below and above it; what it is made of is kept, so that more can be added."""
        if below and above:
            text = tag("msubsup", letter, below, above)
        else:
            text = tag("msup", letter, above) if above else tag("msub", letter, below)
        self.made[text] = letter, below, above
        return text

    def bracket(self, text: str) -> str:
        return fenced("(", text, ")")

    def power(self, base: str, exponent: str, entrywise: bool = False) -> str:
        return self._raised(base, f"{operator('⊙', tight=True)}{exponent}" if entrywise else exponent)

    def transpose(self, base: str) -> str:
        return self._raised(base, operator("⊤", tight=True))

    def inverse_transpose(self, base: str) -> str:
        return self._raised(base, self.negative + operator("⊤", tight=True))

    def _raised(self, base: str, above: str) -> str:
        """With an exponent, right above the subscript that the base may have."""
        letter, below, _ = self.made.get(base, (base, "", ""))
        return tag("msubsup", letter, below, above) if below else tag("msup", base, above)

    def fraction(self, top: Shown, bottom: Shown) -> Shown:
        under = f"{self.negative}{bottom.text}" if bottom.minus else bottom.text
        return Shown(tag("mfrac", top.text, under), POWER)

    def entry(self, base: str, subs: Sequence[str], name: bool) -> str:
        text = ("" if all(re.fullmatch(r"<mi>.</mi>", s) for s in subs) else "<mo>,</mo>").join(subs)
        letter, below, above = self.made.get(base, (base, "", "")) if name else (base, "", "")
        return self._scripts(letter, f"{below}<mo>,</mo>{text}" if below else text, above)

    def divide(self, op: str, a: str, b: str) -> str:
        if op == "//":
            return fenced("⌊", f"{a}{operator('/', tight=True)}{b}", "⌋")
        return f"{a}{THIN}<mi>mod</mi>{THIN}{b}"

    def total(self, letters: Sequence[str], body: str) -> str:
        return "".join([*(tag("munder", operator("∑"), c) for c in letters), body])

    def iverson(self, text: str) -> str:
        return fenced("[", text, "]")

    def array(self, body: str, letters: Sequence[str]) -> str:
        return self.entry(fenced("[", body, "]"), letters, False)

    def partial(self, of: Shown, by: str) -> str:
        if of.level == ATOM:
            return tag("mfrac", self.d + of.text, self.d + by)
        return tag("mfrac", self.d, self.d + by) + self.bracket(of.text)

    def derivative(self, name: str, order: int, by: str) -> str:
        d = tag("msup", self.d, self.integer(2)) if order == 2 else self.d
        return tag("mfrac", d + name, by)

    def primed(self, name: str, order: int) -> str:
        return f"<mrow>{name}{operator('′' * order, tight=True)}</mrow>" if order else name

    def compare(self, a: str, sign: str, b: str) -> str:
        return f"{a}{operator(sign)}{b}"

    def call(self, e: Apply, args: Sequence[str], shown: Sequence[Shown | str]) -> Shown:
        name, params = e.op.name, len(args) - len(e.args)
        texts = [text if isinstance(s, Shown) else tokens(text) for text, s in zip(args, shown, strict=True)]
        filled = {"eye": identifier("I"), "ones": identifier("𝟏"), "zeros": identifier("𝟎")}.get(name)
        if filled:
            return Shown(tag("msub", filled, operator("×").join(self.whole.size(p) for p in e.params)), ATOM)
        if name in ("norm1", "norm2") and not params:
            kind = "1" if name == "norm1" else "F" if e.args[0].ndim == 2 else "2"
            return Shown(self._scripts(fenced("‖", texts[0], "‖"), tokens(kind), ""), ATOM)
        if name == "sqrt":
            return Shown(tag("msqrt", texts[0]), ATOM)
        if name == "abs":
            return Shown(fenced("|", texts[0], "|"), ATOM)
        if name == "where":
            return Shown(_cases(*texts), ATOM)
        if name == "einsum":
            spec = f"<mtext>{escape(str(e.params[0]).replace('->', ' → '))}</mtext>"
            return Shown(self._applied(tag("msub", identifier(name), spec), texts[1:]), ATOM)
        return Shown(self._applied(_function(e), texts), ATOM)

    def _applied(self, function: str, args: Sequence[str]) -> str:
        return f"{function}{_APPLY}{self.bracket('<mo>,</mo>'.join(args))}"

    def where(self, result: str, definitions: Sequence[tuple[str, str]]) -> str:
        if not definitions or not self.explained:
            return result
        meanings = self.more.join(f"{name}{operator('=')}{text}" for name, text in definitions)
        return f"{result}{_GAP}<mtext>where</mtext>{_GAP}{meanings}"


def tokens(text: str) -> str:
    """Plain text such as l+1, [m, n] or keep, each word a name, each number a number, the rest signs."""
    out: list[str] = []
    for word, digits, quoted, sign in re.findall(r"([^\W\d]\w*)|(\d+(?:\.\d+)?)|(\"[^\"]*\")|(\S)", text):
        if word:
            out.append(identifier(GREEK.get(word, word)))
        elif digits:
            out.append(_digits(digits))
        elif quoted:
            out.append(f"<mtext>{escape(quoted)}</mtext>")
        else:
            leads = sign in "-−" and (not out or out[-1].startswith("<mo"))
            out.append(operator("−" if sign == "-" else sign, "prefix" if leads else ""))
    return "".join(out)


def _digits(value: object) -> str:
    return f"<mn>{value}</mn>"


def _cases(condition: str, first: str, second: str) -> str:
    cells = ((first, condition), (second, "<mtext>else</mtext>"))
    rows = ("".join(f'<mtd style="text-align: left">{cell}</mtd>' for cell in row) for row in cells)
    table = f"<mtable>{''.join(f'<mtr>{row}</mtr>' for row in rows)}</mtable>"
    return f'<mrow><mo form="prefix" stretchy="true">{{</mo>{table}</mrow>'


def _function(e: Apply) -> str:
    """The name of a function, as its LaTeX has it where that is made of words: log det, leaky relu."""
    command = e.op.latex if isinstance(e.op.latex, str) else _NAMES.get(e.op.name, "")
    words = [word.replace(r"\,", " ") or sign for word, sign in _WORD.findall(command)]
    if not words or _WORD.sub("", command).strip():
        words = [e.op.name]
    return THIN.join(identifier(GREEK.get(word, word)) for word in words)
