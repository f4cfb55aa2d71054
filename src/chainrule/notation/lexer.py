"""Tokens of the language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from chainrule.notation.source import Source, Span

_GREEK = "\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u03d1\u03d5\u03f5"
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
LETTER = f"[{_LATIN}{_GREEK}\u00b5]"
NAME = re.compile(f"{LETTER}[A-Za-z0-9_\u2080-\u2089]*")
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?")
_TRANSPOSED = re.compile(r"\.T(?![A-Za-z0-9_])")
_BLANK = re.compile(r"(?:[ \t\r\f\v\u00a0\u2009\u202f]|#[^\n]*)+")
_OPERATORS = (
    "//", ".*", "./", ".^", ">=", "<=", "->", "==", "!=", "**", "&&", "||",
    "+", "-", "*", "/", "^", "@", "'", "(", ")", "[", "]", ",", "=", ";", "\n", ">", "<", "%", ":",
)  # fmt: skip
_OPERATOR = re.compile("|".join(map(re.escape, _OPERATORS)))  # the longer ones stand first
_SIGNS = {
    "ᵀ": "'", "′": "'", "’": "'", "⊙": ".*", "⊘": "./", "·": "*", "⋅": "*", "−": "-", "–": "-", "≥": ">=", "≤": "<=",
    "→": "->", "²": "²", "³": "³",
}  # fmt: skip
_FRACTIONS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4), "⅓": Fraction(1, 3)}
_SUBSCRIPTS = {**{0x2080 + d: str(d) for d in range(10)}, 0xB5: "μ"}
_INSTEAD = {
    "**": "^ for a power", "==": "= in a definition; comparisons are > >= < <=", "!=": "> >= < <= inside where",
    "&&": "where(c, where(d, a, b), b)", "||": "norm2(x), or where(c, a, where(d, a, b))",
    "×": "* or .*", "÷": "/",
    "∑": "sum(X) or sum[k](…)", "√": "sqrt(x)", "∂": "partial[x[i]](…)", "∘": ".*", "{": "(", "}": ")", "|": "abs(x)",
    "‖": "norm2(x)", "∇": "the function alone: what to differentiate by is named apart",
    ".": "A.T for the transpose, .* ./ .^ for entry by entry", "&": "where(c, a, b)",
    "\\": "the language itself, not LaTeX: W*x, sum(x), x'*y",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text. kind: "number", "name", "string", "op" or "end"; the text of an op is its ASCII form."""

    kind: str
    text: str
    start: int
    end: int
    value: Fraction = Fraction(0)

    @property
    def span(self) -> Span:
        return self.start, self.end

    def is_op(self, *texts: str) -> bool:
        return self.kind == "op" and self.text in texts


def plain(name: str) -> str:
    """A name in its one spelling: W₁ is W1."""
    return name.translate(_SUBSCRIPTS)


def tokens(source: Source) -> list[Token]:
    """The tokens of a text, an "end" last."""
    text, at, out = source.text, 0, list[Token]()
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
            continue
        token = _token(source, at)
        out.append(token)
        at = token.end
    out.append(Token("end", "", len(text), len(text)))
    return out


def _token(source: Source, at: int) -> Token:
    text = source.text
    c = text[at]
    if found := NAME.match(text, at):
        return Token("name", plain(found[0]), at, found.end())
    if found := _NUMBER.match(text, at):
        return _number(source, found)
    if c in _FRACTIONS:
        return Token("number", c, at, at + 1, _FRACTIONS[c])
    if found := _TRANSPOSED.match(text, at):
        return Token("op", "'", at, found.end())
    if c in _SIGNS:
        return Token("op", "prime" if c == "′" else _SIGNS[c], at, at + 1)
    if c == '"':
        end = text.find('"', at + 1)
        if end < 0:
            raise source.error("the string is not closed", (at, at + 1), hint='einsum("ij,jk->ik", A, B)')
        return Token("string", text[at + 1 : end], at, end + 1)
    if found := _OPERATOR.match(text, at):
        op = found[0]
        if op in _INSTEAD:
            raise source.error(f"{op} is not an operator here", (at, at + len(op)), hint=_INSTEAD[op])
        return Token("op", op, at, found.end())
    raise source.error(f"unexpected character {c!r}", (at, at + 1), hint=_INSTEAD.get(c, ""))


def _number(source: Source, found: re.Match[str]) -> Token:
    digits, exponent = found[0], re.search(r"[eE]([-+]?\d+)$", found[0])
    if (exponent and abs(int(exponent[1][:7])) > 4000) or len(digits) > 4000:
        raise source.error("this number is too long", found.span(), hint="numbers are exact: up to 4000 digits")
    return Token("number", digits, found.start(), found.end(), Fraction("0" + digits if digits[0] == "." else digits))
