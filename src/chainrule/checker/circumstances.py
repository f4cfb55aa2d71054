"""What a relation may rest on that is no definition: cases, assumptions, equations to be solved.

A derivation says `for i ≠ j`, `if z > 0`, `let ‖u‖ = 1`, `setting this to zero`. What follows holds there, and need not
hold everywhere: it must not be called wrong for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chainrule.checker import syntax as s
from chainrule.checker.labels import bare
from chainrule.checker.symbols import Symbols

COMPARISONS = ("<", ">", "<=", ">=", "!=")
OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "!=", "!=": "="}
OTHERWISE = re.compile(
    r"\s*(otherwise|else|if not|in the other case|sonst|andernfalls|sinon|그 외|그렇지 않으면)\b", re.IGNORECASE
)
CASE = re.compile(
    r"\b(if|for|when|whenever|where|unless|only|provided|assuming|since|because|falls|wenn|für|si|pour|para|cuando)\b"
    r"|때|경우|이면|라면|ならば|とき|如果|当|時",
    re.IGNORECASE,
)
LETTERS = re.compile(r"(?<![\w.])([a-z])\s*(=|≠|!=|\\neq?)\s*([a-z])(?![\w(])")
EVERY = re.compile(r"\b(all|each|every|any|alle|jedes|tout|tous|chaque|todos?|cada)\b|모든|각", re.IGNORECASE)


@dataclass
class Circumstances:
    """What is in force where the reading of a document has come to.

    cases: conditions that prose has set. row: conditions that stand in the row itself. doubt: words there that may be
    one. equation: the line of an equation that is to be solved. exercise: the line where the section begins that last
    gave numbers anew. supposed: variables of which something is assumed that is not used here.
    """

    symbols: Symbols
    cases: tuple[s.Condition, ...] = ()
    row: tuple[s.Condition, ...] = ()
    doubt: str = ""
    equation: int = 0
    exercise: int = 0
    supposed: set[str] = field(default_factory=set[str])

    def begin(self) -> None:
        """A new section: nothing said before is a condition any more."""
        self.cases, self.equation = (), 0
        self.supposed.clear()

    def turn(self) -> None:
        """`Otherwise`: what the last case leaves."""
        if self.cases:
            last = self.cases[-1]
            self.cases = (*self.cases[:-1], replace(last, sign=OPPOSITE.get(last.sign, last.sign), others=()))

    def read(self, words: str) -> None:
        """Cases that prose names without dollar signs: `if i = j,`."""
        for m in LETTERS.finditer(words):
            c = s.Condition(s.Symbol(m[1]), "=" if m[2] == "=" else "!=", s.Symbol(m[3]))
            if self._is_letter(s.Symbol(m[1])) and self._is_letter(s.Symbol(m[3])):
                self.set((c,))

    def set(self, conditions: tuple[s.Condition, ...]) -> None:
        """Conditions from the prose, in the place of older ones about the same letters."""
        letters = {x for c in conditions for x in names(c)}
        self.cases = tuple(c for c in self.cases if not names(c) & letters) + conditions

    def where(self) -> tuple[tuple[s.Condition, ...], ...]:
        """Under what a claim may hold: everywhere, or in the cases in force."""
        both = (*self.cases, *self.row)
        found = [(), self.row, both, *((c,) for c in self.cases)]
        return tuple(dict.fromkeys(found))

    # Conditions

    def parted(self, st: s.Statement, after_for: bool = False) -> tuple[tuple[s.Condition, ...], s.Statement | None]:
        """The conditions that a statement begins with or is, and the rest of it.

        after_for: it stands after `for` or `if`, so that `x > 0` says nothing of x elsewhere.
        """
        if after_for and len(st.signs) == 1 and st.signs[0] in COMPARISONS and st.sides[0] and st.sides[1]:
            return (s.Condition(st.sides[0], st.signs[0], st.sides[1], start=st.start, end=st.end),), None
        if ":" in st.signs:
            k = st.signs.index(":")
            head = self._conditions(s.Statement(st.sides[: k + 1], st.signs[:k]))
            if head and len(st.sides) > k + 1:
                return head, replace(st, sides=st.sides[k + 1 :], signs=st.signs[k + 1 :])
        whole = self._conditions(st)
        return (whole, None) if whole else ((), st)

    def _conditions(self, st: s.Statement) -> tuple[s.Condition, ...]:
        if not st.signs:
            found = [x for side in st.sides for x in _listed_conditions(side)]
            return tuple(found) if found and all(map(self._is_condition, found)) else ()
        out: list[s.Condition] = []
        for left, sign, right in zip(st.sides, st.signs, st.sides[1:], strict=False):
            if left is None or right is None:
                return ()
            c = s.Condition(left, sign, right, start=st.start, end=st.end)
            if not self._is_condition(c):
                return ()
            out.append(c)
        return tuple(out)

    def _is_condition(self, c: s.Condition) -> bool:
        if c.left is None or c.right is None:
            return False
        if c.sign == "=":
            return self._is_letter(c.left) and self._is_letter(c.right)
        return c.sign in COMPARISONS and not self._introduces(c.left, c.sign, c.right)

    def _is_letter(self, node: s.Node) -> bool:
        return isinstance(node, s.Symbol) and len(node.name) == 1 and node.name in self.symbols.survey.letters

    def _introduces(self, left: s.Node, sign: str, right: s.Node) -> bool:
        """`τ > 0` of a letter of which nothing has been said: it says that τ is positive."""
        if not isinstance(right, s.Number) or sign not in (">", ">="):
            return False
        items = left.items if isinstance(left, s.Group) and len(left.items) > 1 else (left,)
        for x in items:
            found = self.symbols.split(x)
            if found is None or found[1] or found[2] is not None or self.symbols.knows(found[0]):
                return False
        return True

    def look_at_words(self, row: list[s.Statement]) -> None:
        """Words in a row that may name a case which is not written as a formula."""
        self.doubt = ""
        for st in row:
            enumerates = any(isinstance(n, s.Dots) for n in s.walk(st)) or "in" in st.signs
            for words in (*([] if enumerates else [st.words]), st.after):
                if CASE.search(words) and not EVERY.search(words) and not self.parted(st)[0]:
                    self.doubt = f"it may hold only {words.strip()}"


def _listed_conditions(side: s.Node | None) -> list[s.Condition]:
    """`(i ≠ j)`, with what `and` joins to it."""
    match side:
        case s.Condition(others=others):
            return [replace(side, others=()), *others]
        case s.Group(items=items) if all(isinstance(x, s.Condition) for x in items):
            return [c for x in items for c in _listed_conditions(x)]
        case _:
            return []


def names(node: s.Node) -> set[str]:
    """The letters in a formula."""
    return {n.name for n in s.walk(node) if isinstance(n, s.Symbol)}


def is_zero(node: s.Node) -> bool:
    """0, the number or the vector."""
    match node:
        case s.Number(value=v):
            return v == 0
        case s.Symbol(name=name) | s.Scripted(base=s.Symbol(name=name)):
            return name == "0"
        case s.Group(items=(inner,)):
            return is_zero(inner)
        case _:
            return False


def has_slopes(node: s.Node) -> bool:
    """Whether a formula holds a derivative or the prime of a function."""
    return any(isinstance(n, s.Derivative) or (isinstance(n, s.Scripted) and n.primes) for n in s.walk(node))


def is_plain(sides: list[s.Node], symbols: Symbols) -> bool:
    """Whether a relation is between variables alone, of which none is defined: then it may be an assumption."""
    for side in sides:
        if has_slopes(side):
            return False
        for n in s.walk(side):
            found = symbols.split(n) if isinstance(n, (s.Symbol, s.Scripted)) and bare(n) is not None else None
            if found is not None and symbols.definition(found[0]) is not None:
                return False
    return True


def is_simple(node: s.Node) -> bool:
    """A variable or a number: one side of an assumption, Aᵀ = A and ‖u‖ = 1."""
    return bare(node) is not None or isinstance(node, s.Number)


def products_of_slopes(node: s.Node) -> Iterator[tuple[s.Derivative, ...]]:
    """The derivatives that are multiplied with each other."""
    for n in s.walk(node):
        if isinstance(n, s.Product):
            found = tuple(x for f in n.factors for x in (_slope(f),) if x is not None)
            if len(found) > 1:
                yield found


def _slope(node: s.Node) -> s.Derivative | None:
    match node:
        case s.Derivative():
            return node
        case s.Transposed(body=inner) | s.Group(items=(inner,)):
            return _slope(inner)
        case _:
            return None


def shifted(node: s.Node, symbols: Symbols) -> bool:
    """Whether a subscript is worked out: x_{i+k−1} has no entry where it leaves its range."""
    for n in s.walk(node):
        if isinstance(n, s.Scripted) and any(isinstance(x, s.Sum) for x in n.subs):
            found = symbols.split(n)
            if found is None or any(isinstance(x, s.Sum) for x in found[1]):
                return True
    return False
