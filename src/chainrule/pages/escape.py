"""Text of a user in each medium: nothing in it is taken for markup."""

from __future__ import annotations

import re
import unicodedata
from html import escape as html_text

from chainrule.notation.display import GREEK
from chainrule.pages.signs import SIGNS

__all__ = ["html_text", "latex_text", "markdown_text", "math_text"]

_LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\u00a0": "~", "\t": " ",
    "–": "--", "—": "---", "…": r"\ldots{}", "’": "'", "‘": "`", "“": "``", "”": "''", "-": "-", "•": r"\textbullet{}",
    **{c: f"\\{c}" for c in "{}$&#_%"},
}  # fmt: skip
_MATH = {
    **{sign: f"\\{name}" for name, sign in GREEK.items() if name != "lam"},
    **{sign: command for sign, command in SIGNS.items() if not sign.isascii()},
    "ᵀ": r"^{\top}", "𝟏": r"\mathbf{1}", "𝟎": r"\mathbf{0}", "⌊": r"\lfloor", "⌋": r"\rfloor",
    "✗": r"\times", "⊂": r"\subset", "∀": r"\forall",
}  # fmt: skip

_NOT_IN_T1 = "ĦħĸĿŀŉŦŧſ"


def latex_text(text: str) -> str:
    r"""Text for LaTeX with T1 fonts; signs and Greek letters are set as formulas.

    Examples:
        >>> print(latex_text("50 % of σ_1²"))
        50 \% of \ensuremath{\sigma}\_1\textsuperscript{2}

    """
    return "".join(map(_latex_character, text))


def _latex_character(c: str) -> str:
    if c in _LATEX:
        return _LATEX[c]
    if c in _MATH:
        return rf"\ensuremath{{{_MATH[c]}}}"
    if c.isascii():
        return c if c.isprintable() or c == "\n" else " "
    kind, plain = unicodedata.decomposition(c).partition(" ")[::2]
    if kind in ("<super>", "<sub>"):
        place = "superscript" if kind == "<super>" else "subscript"
        return rf"\text{place}{{{latex_text(chr(int(plain.split()[0], 16)))}}}"
    if unicodedata.category(c).startswith("M"):
        return ""
    letters = unicodedata.normalize("NFKD", c)
    if ("\u00c0" <= c <= "\u017f" and c not in _NOT_IN_T1) or c in "¡¿«»§¶°£":
        return c
    if letters != c and letters.isascii():
        return latex_text(letters)
    return rf"\texttt{{U+{ord(c):04X}}}"


_SPECIAL = {
    "\\": r"\backslash ", "~": r"\sim ", "^": r"\wedge ", "<": "<", ">": ">", "|": r"\vert ",
    **{c: f"\\{c}" for c in "{}$&#_%"},
}  # fmt: skip


def math_text(text: str) -> str:
    r"""Words within a formula, also where formulas are shown on the web, which know few commands in a text.

    Examples:
        >>> print(math_text("1 − tanh², 50 %"))
        \text{1 }-\text{ tanh}^{2}\text{, 50 }\%

    """
    out: list[tuple[str, str]] = []
    for c in " ".join(text.split("\n")):
        kind, piece = _in_formula(c)
        if out and out[-1][0] == kind != "sign":
            piece = out.pop()[1] + piece
        if kind == "<super>" and out and out[-1][0] == "<sub>":
            out.append(("sign", "{}"))  # a letter takes one superscript
        out.append((kind, piece))
    form = {"text": r"\text{{{}}}", "sign": "{}", "<super>": "^{{{}}}", "<sub>": "_{{{}}}"}
    return "".join(form[kind].format(piece) for kind, piece in out)


def _in_formula(c: str) -> tuple[str, str]:
    sign = _SPECIAL.get(c) or _MATH.get(c)
    if c == "ᵀ":
        return "<super>", r"\top "
    if sign:
        return "sign", f"{sign} " if sign[-1:].isalpha() else sign
    kind, plain = unicodedata.decomposition(c).partition(" ")[::2]
    if kind in ("<super>", "<sub>"):
        return kind, _in_formula(chr(int(plain.split()[0], 16)))[1]
    return "text", c if c.isprintable() else " "


def markdown_text(text: str) -> str:
    r"""Text for Markdown.

    Examples:
        >>> print(markdown_text("a*b_c <i> $5"))
        a\*b\_c &lt;i&gt; \$5

    """
    for c, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(c, entity)
    text = re.sub(r"([\\`*_{}\[\]#|~$!])", r"\\\1", text)
    return re.sub(r"^(\s*)([-+=]|\d+[.)])(?=\s|=|-)", _block_start, text, flags=re.MULTILINE)


def _block_start(m: re.Match[str]) -> str:
    """What would start a list or underline a heading."""
    mark = m[2]
    return f"{m[1]}\\{mark}" if len(mark) == 1 else f"{m[1]}{mark[:-1]}\\{mark[-1]}"
