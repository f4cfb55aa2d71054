"""The plan of a generated function: names that are legal and free, lines in order, lines that nobody reads left out."""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass, field

from chainrule.core.expr import Shape
from chainrule.core.size import FloorDiv, Size

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψωΓΔΘΛΞΠΣΦΨΩ",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "sigma",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Phi",
            "Psi",
            "Omega",
        ],
        strict=True,
    )
)
_NAME = re.compile(r"[A-Za-z_]\w*")
RESERVED = frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(dir(builtins)) | {"np", "dtype"}

# How tightly the outermost operator of a piece of code binds.
COMPARE, ADD, MUL, NEG, POW, ATOM = range(6)


def spell(name: str) -> str:
    """A legal Python name for a name of the language: Greek letters are spelt out."""
    out = "".join(GREEK.get(c, c if c.isascii() and (c.isalnum() or c == "_") else "_") for c in name)
    return out if out and not out[0].isdigit() else f"_{out}"


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of code. Its value has the shape `actual`, which may stretch to the shape of the node it stands for.

    weak: a number of Python, which takes the precision of what it meets; bool: its values are truth values.
    """

    text: str
    binds: int = ATOM
    actual: Shape = ()
    weak: bool = False
    bool: bool = False

    def at(self, level: int) -> str:
        """The text as an operand of an operator that binds at `level`."""
        return self.text if self.binds >= level else f"({self.text})"

    @property
    def trivial(self) -> bool:
        """Whether repeating it costs nothing: a name, a number, a transpose of a name."""
        return re.fullmatch(r"-?[\w.]+", self.text) is not None


@dataclass(slots=True)
class Line:
    """One assignment or statement. `name` is what it defines or changes."""

    name: str
    text: str
    comment: str = ""
    changes: bool = False


@dataclass(slots=True)
class Program:
    """Lines of a function under construction."""

    taken: set[str] = field(default_factory=lambda: set(RESERVED))
    lines: list[Line] = field(default_factory=list)
    known: dict[str, Code] = field(default_factory=dict)
    size_names: dict[str, str] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def claim(self, name: str) -> str:
        """A free name like `name`; a clash adds an underscore."""
        out = spell(name)
        while out in self.taken:
            out += "_"
        self.taken.add(out)
        return out

    def fresh(self, hint: str) -> str:
        """A free name that starts with `hint` and ends in a number."""
        n = self.counters.get(hint, 0)
        while True:
            n += 1
            if f"{hint}{n}" not in self.taken:
                break
        self.counters[hint] = n
        self.taken.add(f"{hint}{n}")
        return f"{hint}{n}"

    def let(self, code: Code, hint: str = "t", comment: str = "") -> Code:
        """A name for this code; the same code gets the same name."""
        if code.trivial:
            return code
        found = self.known.get(code.text)
        if found is None:
            name = self.fresh(hint)
            comment = comment or (self.comment(code.actual) if code.actual and not code.bool and hint == "t" else "")
            self.lines.append(Line(name, f"{name} = {code.text}", comment))
            found = self.known[code.text] = Code(name, ATOM, code.actual, code.weak, code.bool)
        return found

    def define(self, name: str, text: str, shape: Shape) -> None:
        """An assignment to a name that later statements change."""
        self.lines.append(Line(name, f"{name} = {text}", self.comment(shape)))

    def comment(self, shape: Shape) -> str:
        return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"

    def change(self, name: str, text: str) -> None:
        """A statement that changes the array called `name`."""
        self.lines.append(Line(name, text, changes=True))

    def size(self, s: Size, level: int = COMPARE) -> str:
        """Code for a size."""
        if s.constant is not None:
            return str(s.constant) if s.constant >= 0 or level == COMPARE else f"({s.constant})"
        parts: list[str] = []
        ordered = sorted(s.terms, key=lambda t: (t[1] < 0, -len(t[0]), str(t[0])))
        for mono, coeff in ordered:
            factors = [self._atom(a) for a in mono]
            if abs(coeff) != 1 or not factors:
                factors.insert(0, str(abs(coeff)))
            sign = "-" if coeff < 0 else ""
            parts.append((f" {sign or '+'} " if parts else sign) + " * ".join(factors))
        text = "".join(parts)
        binds = ADD if len(ordered) > 1 or ordered[0][1] < 0 else MUL if " * " in text else ATOM
        return Code(text, binds).at(level)

    def _atom(self, atom: str | FloorDiv) -> str:
        if isinstance(atom, FloorDiv):
            return f"({self.size(atom.numerator, MUL)} // {self.size(atom.denominator, ATOM)})"
        if atom not in self.size_names:
            self.size_names[atom] = self.claim(atom)
        return self.size_names[atom]

    def shape(self, shape: Shape) -> str:
        """Code for a shape."""
        return f"({', '.join(self.size(s) for s in shape)}{',' if len(shape) == 1 else ''})"

    def live(self, results: list[str]) -> list[Line]:
        """The lines that the results need, in order."""
        needed = {n for text in results for n in _NAME.findall(text)}
        kept: list[Line] = []
        for line in reversed(self.lines):
            if line.name in needed:
                needed.update(_NAME.findall(line.text))
                kept.append(line)
        return kept[::-1]


def names_in(text: str) -> set[str]:
    """Every identifier in a piece of code."""
    return set(_NAME.findall(text))
