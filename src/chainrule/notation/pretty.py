"""Expressions in Unicode, for reading: ∂J/∂y xᵀ where y = W x + b."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from chainrule.core.expr import Apply, Expr
from chainrule.core.index import Index
from chainrule.notation.display import GREEK, Display, split_name
from chainrule.notation.naming import plan
from chainrule.notation.style import ATOM, POWER, PRODUCT, Scripts, Shown, Style
from chainrule.notation.text import number

_SUPER = str.maketrans(
    "0123456789-−+=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ",
)
_SUB = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_HIGH, _LOW = frozenset(map(chr, _SUPER.values())) - {"ᵀ"}, frozenset("₀₁₂₃₄₅₆₇₈₉")
_VULGAR = {
    Fraction(1, 2): "½", Fraction(1, 4): "¼", Fraction(3, 4): "¾", Fraction(1, 3): "⅓", Fraction(2, 3): "⅔",
    Fraction(1, 6): "⅙", Fraction(1, 8): "⅛",
}  # fmt: skip
_CALLS = {"sigmoid": "σ", "log_softmax": "log softmax", "logdet": "log det", "logsigmoid": "log σ"}


def pretty(
    e: Expr, hints: Mapping[Expr, str] | None = None, share: bool = True, where: bool = True,
    letters: Mapping[Index, str] | None = None, scripts: Scripts | None = None,
) -> str:  # fmt: skip
    """The expression for reading; it need not parse.

    `hints` are names for parts; without `share` nothing is named; without `where` the names are not explained.
    `letters` fixes the letters of indices. `scripts` shows a name as a letter and a superscript.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> pretty(parse("DJ(W*x + b)*x'", given="W: m n; x: n; b: m; J: function(m)"))
        '∂J/∂y xᵀ where y = W x + b'
        >>> pretty(parse("W1'*W1", given="W1: m n"), scripts={"W1": ("W", "1")})
        '(W¹)ᵀ W¹'

    """
    p = plan(e, hints, share, letters, reading=True)
    style = UnicodeStyle(where, set(p.names.values()) | {v.name for v in e.variables}, scripts or {})
    return Display(style, p, e).program()


def shown_name(name: str, scripts: Scripts | None = None) -> str:
    """A name as `pretty` shows it: W1 is W₁."""
    return UnicodeStyle(False, {name}, scripts or {}).variable(name).text


def superscript(text: str) -> str:
    """The text above the line, where Unicode has all of its characters; else ^(…).

    Examples:
        >>> superscript("l+1"), superscript("Q")
        ('ˡ⁺¹', '^Q')

    """
    if all(ord(c) in _SUPER for c in text):
        return text.translate(_SUPER)
    return f"^{text}" if len(text) == 1 else f"^({text})"


def subscript(text: str) -> str:
    """The text below the line: ₁₂, _ij or _{i+1}."""
    if text.isdigit():
        return text.translate(_SUB)
    return f"_{text}" if text.isalpha() else f"_{{{text}}}"


class UnicodeStyle(Style):
    times, between, entrywise, divided, kron = " · ", " ", "⊙", "⊘", "⊗"
    minus, negative, plus, d, dot, more = "−", "−", "+", "∂", "·", ", "

    def __init__(self, explained: bool, names: set[str], scripts: Scripts) -> None:
        self.explained, self.names, self.scripts = explained, names, scripts

    def number(self, value: Fraction) -> Shown:
        if value in _VULGAR:
            return Shown(_VULGAR[value], ATOM)
        text = number(value)
        return Shown(text, PRODUCT, open=True) if "/" in text else Shown(text, ATOM)

    def name(self, name: str) -> str:
        base, index = split_name(name)
        base = GREEK.get(base, base) if base not in self.names or base == name else base
        if not index:
            return base
        return base + (index.translate(_SUB) if index.isdigit() else f"_{index}")

    def scripted(self, base: str, above: str) -> str:
        return base + superscript(above)

    def bracket(self, text: str) -> str:
        return f"({text})"

    def power(self, base: str, exponent: str, entrywise: bool = False) -> str:
        if entrywise:
            return f"{base}^⊙{exponent}" if len(exponent) == 1 else f"{base}^⊙({exponent})"
        if all(c in "0123456789−" for c in exponent) or exponent == "n":
            return base + exponent.translate(_SUPER)
        return f"{base}^{exponent}" if len(exponent) == 1 else f"{base}^({exponent})"

    def transpose(self, base: str) -> str:
        return f"{base}ᵀ"

    def inverse_transpose(self, base: str) -> str:
        return f"{base}⁻ᵀ"

    def fraction(self, top: Shown, bottom: Shown) -> Shown:
        over = top.text if top.level >= PRODUCT and not top.open else self.bracket(top.text)
        under = f"{self.minus}{bottom.text}" if bottom.minus else bottom.text
        plain = bottom.level >= POWER and not bottom.minus
        return Shown(f"{over}/{under if plain else self.bracket(under)}", PRODUCT, open=True)

    def entry(self, base: str, subs: Sequence[str], name: bool) -> str:
        if not name and "_" in base and not base.endswith(")"):
            base = self.bracket(base)  # (𝟏_n)_i
        elif name and all(s.isdigit() for s in subs) and ("_" in base or base[-1] in _LOW):
            base = self.bracket(base)  # (x₁)₂ is no x₁₂
        return base + self._subscript(subs, layer=base[-1] in _HIGH)

    def _subscript(self, subs: Sequence[str], layer: bool = False) -> str:
        """Letters side by side, and numbers apart: W_{1,2} is no W₁₂. Of a layer, w¹₁₂ is what people write."""
        short = all(len(s) == 1 for s in subs)
        if all(s.isdigit() for s in subs):
            together = len(subs) == 1 or (layer and short)
            return "".join(subs).translate(_SUB) if together else f"_{{{','.join(subs)}}}"
        return f"_{''.join(subs)}" if short else f"_{{{','.join(subs)}}}"

    def divide(self, op: str, a: str, b: str) -> str:
        return f"⌊{a}/{b}⌋" if op == "//" else f"{a} mod {b}"

    def total(self, letters: Sequence[str], body: str) -> str:
        return f"{' '.join(f'Σ_{c}' for c in letters)} {body}"

    def iverson(self, text: str) -> str:
        return f"[{text}]"

    def array(self, body: str, letters: Sequence[str]) -> str:
        return f"[{body}]{self._subscript(letters)}"

    def partial(self, of: Shown, by: str) -> str:
        return f"∂{of.text if of.level == ATOM else self.bracket(of.text)}/∂{by}"

    def derivative(self, name: str, order: int, by: str) -> str:
        under = self.bracket(by) if " " in by else by
        return f"∂{'²' if order == 2 else ''}{name}/{under}"

    def primed(self, name: str, order: int) -> str:
        return name + ("", "′", "″")[order]

    def compare(self, a: str, sign: str, b: str) -> str:
        return f"{a} {sign} {b}"

    def call(self, e: Apply, args: Sequence[str], shown: Sequence[Shown | str]) -> Shown:
        name, params = e.op.name, len(args) - len(e.args)
        filled = {"eye": "I", "ones": "𝟏", "zeros": "𝟎"}.get(name)
        if filled:
            sizes = [self.whole.size(p) for p in e.params]
            return Shown(
                filled + (f"_{sizes[0]}" if len(sizes) == 1 and len(sizes[0]) == 1 else f"_{{{'×'.join(sizes)}}}"), ATOM
            )
        if name == "sqrt":
            a = shown[0]
            plain = isinstance(a, Shown) and a.level == ATOM and not a.script and not a.minus
            return Shown(f"√{args[0]}" if plain else f"√({args[0]})", ATOM)
        if name == "abs":
            return Shown(f"|{args[0]}|", ATOM)
        if name in ("norm1", "norm2") and not params:
            return Shown(f"‖{args[0]}‖{'₁' if name == 'norm1' else ''}", ATOM)
        shown_name = _CALLS.get(name, name)
        if shown_name in self.names:
            shown_name = name
        return Shown(f"{shown_name}({', '.join(args)})", ATOM)

    def where(self, result: str, definitions: Sequence[tuple[str, str]]) -> str:
        if not definitions or not self.explained:
            return result
        return f"{result} where {', '.join(f'{name} = {text}' for name, text in definitions)}"
