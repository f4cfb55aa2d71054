"""Parts of formulas in MathML: fences, scripts, spaces, words, columns."""

from __future__ import annotations

import re

from chainrule.notation.mathml import escape, one
from chainrule.pages import signs_of_latex as table
from chainrule.pages.lexemes import LINES

MATRICES = {
    "matrix": "", "smallmatrix": "", "pmatrix": "()", "psmallmatrix": "()", "bmatrix": "[]", "bsmallmatrix": "[]",
    "Bmatrix": "{}", "vmatrix": "||", "Vmatrix": "‖‖", "cases": "{", "dcases": "{", "rcases": " }", "array": "",
}  # fmt: skip
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ", "0123456789T", strict=True))


def faced(face: str, name: str, c: str) -> str:
    """A letter or digit in the alphabet `face`: struck, script, upright, bold, or as usual."""
    match face:
        case "struck":
            return f"<{name}>{table.struck(c)}</{name}>"
        case "script":
            return f"<{name}>{table.script(c)}</{name}>"
        case "upright":
            return f'<{name} mathvariant="normal">{escape(c)}</{name}>'
        case "bold":
            upright = ' mathvariant="normal"' if name == "mi" else ""
            return f'<{name}{upright} style="font-weight: bold">{escape(c)}</{name}>'
        case _:
            return f"<{name}>{escape(c)}</{name}>"


def scripted(base: str, below: list[str], above: list[str], start: str) -> str:
    """A single element with what stands below and above it; `start` is the lexeme that it begins with."""
    if not below and not above:
        return base
    name = start.lstrip("\\")
    limits = name in table.LIMITS or (name in table.LARGE and name != "int") or name in ("underbrace", "overbrace")
    kinds = ("munder", "mover", "munderover") if limits else ("msub", "msup", "msubsup")
    kind = kinds[2 if below and above else 0 if below else 1]
    scripts = "".join(x[0] if len(x) == 1 else one("".join(x)) for x in (below, above) if x)
    return f"<{kind}>{base}{scripts}</{kind}>"


def starts(before: list[str]) -> bool:
    """Whether nothing stands to the left that a minus could be subtracted from."""
    last = before[-1] if before else "<mo>"
    return last.startswith(("<mo", "<mspace")) and not re.search(r"[)\]}|‖…⋯!⊤′∞]</mo>\Z", last)


def fence(sign: str, stretchy: bool, form: str = "") -> str:
    form = form or ("prefix" if sign in table.OPENING else "postfix" if sign in table.CLOSING else "")
    attributes = f' form="{form}"' if form else ' lspace="0" rspace="0"'
    return f'<mo{attributes} stretchy="{str(stretchy).lower()}">{escape(sign)}</mo>'


def space(width: str) -> str:
    return f'<mspace width="{width}"/>'


def words(text: str) -> str:
    return f"<mtext>{escape(text)}</mtext>"


def plain(text: str) -> str:
    """Words of LaTeX without its commands; spaces at the ends are kept."""
    text = re.sub(r"\\([{}$&#_%])", r"\1", re.sub(r"\\[,;:! ]|~", " ", text))
    return re.sub(r"\s", "\u00a0", re.sub(r"\\[A-Za-z]+\s*|(?<!\\)[{}]", "", text))


def alignment(name: str, columns: str, count: int) -> list[str]:
    said = [{"l": "left", "r": "right", "c": "center"}[c] for c in columns if c in "lrc"] if name == "array" else []
    if name in LINES:
        said = ["right", "left"] * count
    elif name.endswith("cases"):
        said = ["left"] * count
    return said + ["center"] * (count - len(said))


def fenced(left: str, inner: str, right: str) -> str:
    """What stands between brackets that grow with it; "" is no bracket."""
    sides = [fence(s, True, form) if s else "" for s, form in ((left, "prefix"), (right, "postfix"))]
    return f"<mrow>{sides[0]}{inner}{sides[1]}</mrow>"


def environment(name: str, columns: str, cells: list[list[str]]) -> str:
    """A table of entries: a matrix, cases, or lines that are aligned."""
    styles = alignment(name, columns, max((len(r) for r in cells), default=0))
    body = "".join(
        "<mtr>" + "".join(f'<mtd style="text-align: {styles[k]}">{c}</mtd>' for k, c in enumerate(row)) + "</mtr>"
        for row in cells
    )
    wide = "" if name in MATRICES else ' displaystyle="true"'
    left, right = MATRICES.get(name, "").ljust(2)
    return fenced(left.strip(), f"<mtable{wide}>{body}</mtable>", right.strip())
