r"""LaTeX as people write it, set in MathML: for showing a formula that is not known to be an expression.

Nothing is refused: a command that is not known stands there as it is written, and what is not closed ends with the
formula.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.notation.mathml import element, escape, one, operator
from chainrule.pages import signs_of_latex as table
from chainrule.pages.lexemes import Lexemes, lexemes
from chainrule.pages.mathml_parts import (
    RAISED,
    environment,
    faced,
    fence,
    fenced,
    plain,
    scripted,
    space,
    starts,
    words,
)

DEEPEST = 60


def typeset(latex: str, display: bool = False) -> str:
    r"""A formula as a `math` element.

    Examples:
        >>> print(typeset(r"\frac{a}{b}"))
        <math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mi>a</mi><mi>b</mi></mfrac></math>
    """
    setter = _Setter(lexemes(latex))
    inner = "".join(setter.whole())
    made = element(inner)
    return made.replace("<math ", '<math displaystyle="true" ', 1) if display else made


@dataclass
class _Setter(Lexemes):
    """Sets what it goes through; `face` is the alphabet that is in force."""

    depth: int = 0
    face: str = ""

    # Rows

    def whole(self) -> list[str]:
        """All of it; a bracket that was not opened is a sign like any other."""
        out: list[str] = []
        while self.peek():
            out += self.row(frozenset())
            if self.peek():
                out.append(words(self.take()))
        return out

    def row(self, ends: frozenset[str]) -> list[str]:
        """Elements up to one of these lexemes, or to one that ends any row."""
        out: list[str] = []
        while True:
            self.skip()
            word = self.peek()
            if not word or word in ends or word in ("}", r"\right", r"\end"):
                break
            if word in ("&", r"\\", r"\cr", "$"):
                self.take()
                continue
            base = self.atom(out)
            if base:
                out.append(base)
        return out

    def group(self) -> str:
        """An argument: a group in braces, or one lexeme."""
        self.skip()
        if self.peek() == "{":
            self.take()
            inner = self.row(frozenset())
            if self.peek() == "}":
                self.take()
            return one("".join(inner))
        if self.peek() in ("", "}", "&", r"\\", r"\right", r"\end", "^", "_"):
            return "<mrow></mrow>"
        return one(self.base([], single=True) or "<mrow></mrow>")

    def atom(self, before: list[str]) -> str:
        """A base with its scripts."""
        start = self.peek()
        base = self.base(before) if start not in ("^", "_", "'", "’") else "<mi></mi>"
        above, below = list[str](), list[str]()
        while True:
            self.skip()
            word = self.peek()
            if word in ("'", "’"):
                self.take()
                above.append(operator("′", tight=True))
            elif word == "^" and base:
                self.take()
                above.append(self.group())
            elif word == "_" and base:
                self.take()
                below.append(self.group())
            elif word == r"\limits" or word == r"\nolimits":
                self.take()
            elif word in RAISED:
                above.append(f"<mn>{RAISED[self.take()]}</mn>")
            else:
                break
        return scripted(base, below, above, start)

    # What stands in a row

    def base(self, before: list[str], single: bool = False) -> str:
        if self.depth >= DEEPEST:
            rest, self.at = "".join(self.lexemes[self.at :]), len(self.lexemes)
            return words(rest)
        self.depth += 1
        made = self._base(before, single)
        self.depth -= 1
        return made

    def _base(self, before: list[str], single: bool) -> str:
        word = self.take()
        if word == "{":
            self.at -= 1
            return self.group()
        if word.isdigit() and not single:
            while self.peek().isdigit() or (self.peek() == "." and self._digit_after()):
                word += self.take()
            return f"<mn>{escape(word)}</mn>"
        if len(word) > 1 and word[0] == "\\":
            return self.command(word.rstrip("*"), before)
        return self.letter(word, before) if word else ""

    def _digit_after(self) -> bool:
        return self.at + 1 < len(self.lexemes) and self.lexemes[self.at + 1].isdigit()

    def letter(self, c: str, before: list[str]) -> str:
        if c.isdigit():
            return faced(self.face, "mn", c)
        if c.isalpha():
            return faced(self.face, "mi", c) if c.isascii() or c in table.LETTERS.values() else words(c)
        if c == "~":
            return space("0.25em")
        if c in "-−–":
            return operator("−", "prefix" if starts(before) else "")
        if c in table.OPENING or c in table.CLOSING or c in "|‖":
            return fence(c, stretchy=False)
        return operator({"*": "∗"}.get(c, c))

    def command(self, word: str, before: list[str]) -> str:
        name = word[1:]
        if name in table.LETTERS:
            return faced(self.face, "mi", table.LETTERS[name])
        if word in table.FENCES and name not in ("|", "."):
            return fence(table.FENCES[word], stretchy=False)
        if name in table.OPERATORS:
            return operator(table.OPERATORS[name], tight=name in ("partial", "top", "intercal", "nabla", "prime"))
        if name in table.SPACES:
            return space(table.SPACES[name])
        if name in table.FUNCTIONS or name in table.LIMITS:
            return self._applied(name)
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return f"<mfrac>{self.group()}{self.group()}</mfrac>"
        if name in ("binom", "dbinom", "tbinom"):
            inner = f'<mfrac linethickness="0">{self.group()}{self.group()}</mfrac>'
            return one(fence("(", True) + inner + fence(")", True))
        if name == "sqrt":
            degree = self.option()
            return (
                f"<mroot>{self.group()}{typeset_inner(degree, self.depth + 1)}</mroot>"
                if degree
                else f"<msqrt>{self.group()}</msqrt>"
            )
        if name in table.ACCENTS:
            wide = str(name.startswith(("wide", "over"))).lower()
            return f'<mover accent="true">{self.group()}<mo stretchy="{wide}">{table.ACCENTS[name]}</mo></mover>'
        if name in table.BELOW:
            return f'<munder accentunder="true">{self.group()}<mo stretchy="true">{table.BELOW[name]}</mo></munder>'
        if name in ("overset", "stackrel", "underset"):
            first, second = self.group(), self.group()
            return f"<{(over := 'munder' if name == 'underset' else 'mover')}>{second}{first}</{over}>"
        return self._command(name, word, before)

    def _command(self, name: str, word: str, before: list[str]) -> str:
        if name in table.WORDS:
            return self._text(bold=name == "textbf")
        if name in table.UPRIGHT or name in table.BOLD or name in ("mathbb", "mathds", "Bbb", "mathcal", "mathscr"):
            return self._in_face(name)
        if name == "left":
            return self._fenced()
        if name in ("middle", "big", "Big", "bigg", "Bigg") and self.peek() in table.FENCES:
            return fence(table.FENCES[self.take()], stretchy=name == "middle")
        if name == "begin":
            return self._environment()
        if name == "not":
            self.skip()
            sign = self.base(before, single=True)
            return re.sub(r">([^<]+)<", lambda m: f">{m[1]}\u0338<", sign, count=1)
        if name == "tag":
            return space("2em") + words(f"({self.raw()})")
        if name in ("boxed", "fbox"):
            return f'<mrow style="border: 1px solid; padding: 0.2em">{self.group()}</mrow>'
        if name in ("textcolor", "colorbox"):
            self.raw()
            return self.group()
        if name in ("xrightarrow", "xleftarrow"):
            return f'<mover><mo stretchy="true">{"→" if "right" in name else "←"}</mo>{self.group()}</mover>'
        if name == "substack":
            return self.group()
        if name == "textcircled":
            return words(f"({self.raw()})")
        if name == "bmod":
            return operator("mod")
        if name in table.WITH_ARGUMENT:
            self.raw()
            return ""
        if name in table.DROPPED:
            return ""
        if name in ("{", "}", "|", "_", "%", "$", "&", "#"):
            return fence("‖", False) if name == "|" else operator(name)
        return words(word)

    def _applied(self, name: str) -> str:
        """The name of a function, and a thin space where no bracket and no script follows."""
        self.skip()
        shown = {"argmax": "arg max", "argmin": "arg min", "limsup": "lim sup", "liminf": "lim inf"}.get(name, name)
        made = f"<mi>{shown}</mi>" if name in table.FUNCTIONS else f'<mo movablelimits="true">{shown}</mo>'
        if name in table.LIMITS or self.peek() in ("(", "[", r"\left", "^", "_", "", "}", r"\{", "|", "'"):
            return made
        return one(made + space("0.17em"))

    def _in_face(self, name: str) -> str:
        old = self.face
        self.face = (
            "bold" if name in table.BOLD else "upright" if name in table.UPRIGHT else
            "script" if name in ("mathcal", "mathscr") else "struck"
        )  # fmt: skip
        self.skip()
        at = self.at
        word = self.raw() if self.face == "upright" else ""
        if len(word) > 1 and re.fullmatch(r"[A-Za-z ]+", word):
            made = f"<mi>{escape(word)}</mi>"
        else:
            self.at = at
            made = self.group()
        self.face = old
        return made

    def _text(self, bold: bool) -> str:
        """Words, with formulas between dollar signs in them."""
        parts = re.split(r"\$([^$]*)\$", self.raw())
        made = "".join(
            (typeset_inner(p, self.depth + 1) if k % 2 else words(plain(p))) for k, p in enumerate(parts) if p
        )
        return f'<mrow style="font-weight: bold">{made}</mrow>' if bold else one(made or "<mrow></mrow>")

    def _fenced(self) -> str:
        self.skip()
        left = table.FENCES.get(self.take(), "")
        inner = ""
        while True:
            inner += "".join(self.row(frozenset()))
            if self.peek() != "}":
                break
            self.take()
        right = ""
        if self.peek() == r"\right":
            self.take()
            self.skip()
            right = table.FENCES.get(self.take(), "")
        return fenced(left, inner, right)

    def _environment(self) -> str:
        name = self.raw().rstrip("*")
        columns = ""
        if name in ("array", "alignat", "alignedat"):
            self.skip()
            self.option()
            columns = self.raw()
        else:
            self.option()
        found = self._cells()
        if self.peek() == r"\end":
            self.take()
            self.raw()
        return environment(name, columns, found)

    def _cells(self) -> list[list[str]]:
        """The entries of a table, row by row."""
        out: list[list[str]] = [[]]
        while True:
            out[-1].append("".join(self.row(frozenset({"&", r"\\"}))))
            word = self.peek()
            if word == "&":
                self.take()
            elif word == r"\\":
                self.take()
                self.skip()
                if re.match(r"\[-?\d", "".join(self.lexemes[self.at : self.at + 3])):
                    self.option()
                out.append([])
            elif word == "}":
                self.take()
            else:
                break
        return [row for row in out if any(row)]


def typeset_inner(latex: str, depth: int) -> str:
    """The elements of a formula as one."""
    return one("".join(_Setter(lexemes(latex), depth=depth).whole()))
