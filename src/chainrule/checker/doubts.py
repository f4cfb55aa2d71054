"""Reasons why a claim that does not hold as it stands need not be wrong.

To call a right line wrong is the worst thing that a checker can do: whatever a claim may rest on that is not looked at
makes it one that is not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.checker import syntax as s
from chainrule.checker.circumstances import (
    Circumstances,
    has_slopes,
    is_plain,
    is_simple,
    is_zero,
    names,
    products_of_slopes,
    shifted,
)  # fmt: skip
from chainrule.checker.diagnosis import Diagnosis
from chainrule.checker.facts import SIMPLEX
from chainrule.checker.judged import Judgement, Setting, functions, value
from chainrule.checker.nodes import TARGETS
from chainrule.checker.numerals import literal
from chainrule.checker.printed import written
from chainrule.checker.quoted import spoken_of_as_wrong
from chainrule.checker.symbols import Symbols
from chainrule.checker.updates import Updates
from chainrule.core.expr import Expr

ONE_CLASS = re.compile(r"[tyqp]_\{?([a-z])\}?\s*=\s*1(?![\d.])")
EINSTEIN = re.compile(r"einstein|summation convention|repeated ind|summenkonvention|아인슈타인", re.IGNORECASE)
STEP = re.compile(
    r"\b(updat|step|new|after|next|neu|nach|schritt|nuev|despu|nouve|apr[eè]s)\w*|갱신|업데이트|새로운|이후|更新|新",
    re.IGNORECASE,
)
KINDS_OF_FUNCTION = re.compile(
    r"\b(tanh|relu|sigmoid|logistic|softplus|identity|linear|softmax|gelu|swish|hinge|huber|cross.?entropy"
    r"|squared error|mse|absolute error)\b|시그모이드|항등|교차 ?엔트로피",
    re.IGNORECASE,
)


@dataclass
class Doubts:
    """About one claim: its formula, the sides before it in its chain, and its right side.

    continued: it goes on from another formula that holds more than one equation.
    """

    document: s.Document
    symbols: Symbols
    circumstances: Circumstances
    updates: Updates
    formula: s.Formula
    sides: list[s.Node]
    right: s.Node
    scope: str
    line: int
    continued: bool

    @property
    def _both(self) -> list[s.Node]:
        return [self.sides[0], self.sides[-1], self.right]

    def is_numeric(self) -> bool:
        """Whether it is between numbers alone: nothing can be assumed of these."""
        return all(map(self.is_fixed, (*self.sides, self.right))) and not self.updates.concerns(self._both)

    def is_fixed(self, side: s.Node) -> bool:
        """Whether a side is a matter of given numbers."""
        made = value(Setting(self.symbols).fork(), side, self.scope)
        if made is None or made[1].letters or any(i.size.constant is None for i in made[1].axes):
            return False
        return all(v in made[0].known for v in made[1].body.variables) and not functions(made[1].body)

    def whatever(self) -> str:
        """A reason that holds whatever mistake would explain the claim; "" if there is none."""
        if spoken_of_as_wrong(self.document, self.formula):
            return "the words about it may say that it is not true"
        if self._of_another_function():
            return "the words about it may speak of another function"
        if not self.formula.display and not self._is_calculation() and not self._is_plain_prose():
            return "in running prose it may be about another case"
        if self.continued and not self.formula.display:
            return "in running prose it may go on from something else"
        if self.is_numeric():
            return self._about_numbers()
        if EINSTEIN.search(self.document.text):
            return "repeated indices are said to be summed"
        if self.continued:
            return "it may go on from more than one equation"
        return self.circumstances.doubt or self._about_the_place() or self._about_the_form()

    def _about_the_place(self) -> str:
        """What stands before the claim and may change what it means."""
        c, both = self.circumstances, self._both
        if self.updates.concerns(both):
            return "it may be of the value before a step or of that after it"
        if is_zero(self.right) or is_zero(self.sides[-1]):
            c.equation = self.line
            self._suppose(both)
            return "it may be an equation to be solved"
        if c.equation and not any(map(has_slopes, both)):
            return f"it may follow from the equation in line {c.equation}"
        if is_plain(both, self.symbols) and (is_simple(self.sides[-1]) or is_simple(self.right)):
            self._suppose(both)
            return "it may be an assumption"
        numbers = literal(self.right)
        worked_out = is_calculation(self.right) and (numbers is None or len(numbers[1]) > 1)
        if worked_out and self.variables(self.sides):
            return "it holds only for some values of its letters"
        used = self.variables(both) & c.supposed
        return f"something is assumed of {', '.join(sorted(used))}" if used else ""

    def _about_the_form(self) -> str:
        """Ways of writing that are not meant as they stand."""
        if any(map(self._has_loose_chain, self._both)):
            return "the chain rule as a product of derivatives, without an order that is certain"
        steps = self.symbols.survey.steps | self.symbols.survey.layers
        sums = [n for x in self._both for n in s.walk(x) if isinstance(n, s.BigOperator)]
        if any(isinstance(i, s.Symbol) and i.name in steps for n in sums for i in n.indices):
            return "a sum over time steps or samples, of which only one is looked at"
        if any(shifted(x, self.symbols) for x in self._both):
            return "a subscript that is worked out may leave its range"
        return self._about_one_class()

    def _about_one_class(self) -> str:
        """`L = −log p_c`: of a one-hot vector by the place of its one, which is another way to say it."""
        lonely = self._letters(self.sides[0]) ^ self._letters(self.right)
        one_hot = bool(SIMPLEX.search(self.document.text))
        hidden = self.variables(self.sides[:1]) - self.variables([self.right]) - names(self.right)
        classes = {m[1] for m in ONE_CLASS.finditer(self.document.text)}
        conditions = (*self.circumstances.row, *self.circumstances.cases)
        if classes & {x for side in (*self._both, *conditions) for x in names(side)}:
            return "it is of the class that is the right one"
        if (one_hot and (lonely or hidden & TARGETS)) or (lonely and not any(map(has_slopes, self._both))):
            return "an index may be the place of the one in a one-hot vector"
        deltas = [n for n in s.walk(self.right) if isinstance(n, s.Scripted) and written(n.base) == "delta"]
        inside = {x.name for n in deltas for x in n.subs if isinstance(x, s.Symbol)}
        return "an index of a Kronecker delta alone may be a fixed one" if lonely and lonely <= inside else ""

    def _is_plain_prose(self) -> bool:
        """A derivative in letters, with which a sentence or a clause ends: no words after it say when it holds."""
        ends = self.document.text[self.formula.end :].lstrip("$) ")[:1] in ("", ".", ",", ";", "\n")
        return any(map(has_slopes, self._both)) and ends and not self.is_numeric()

    def _is_calculation(self) -> bool:
        """Numbers and no letters."""
        return all(map(is_calculation, self._both))

    def _of_another_function(self) -> bool:
        """`With tanh:` in a document that speaks of more than one activation or loss."""
        before = self.formula.words_before
        here = None if before.startswith("#") else KINDS_OF_FUNCTION.search(re.sub(r"\$[^$]*\$", " ", before))
        if here is None:
            return False
        words = re.sub(r"\$[^$]*\$", " ", self.document.text)
        return len({m[0].lower() for m in KINDS_OF_FUNCTION.finditer(words)}) > 1

    def _about_numbers(self) -> str:
        given = {str(k): n for k, n in self.symbols.given.items()}
        for name in sorted(self._known([*self.sides, self.right])):
            if 0 < given.get(name, 0) < self.circumstances.exercise:
                return f"the numbers of {name} may be those of another exercise"
        return ""

    def without(self, d: Diagnosis | None, found: Judgement) -> str:
        """A reason not to accuse where no typical mistake explains the difference."""
        if d is not None and d.kind != "other":
            return ""
        if self.is_numeric() and self.formula.display:
            return ""
        if not self.formula.display and not self._is_calculation():
            return "in running prose it may be about another case"
        lonely = self._letters(self.sides[0]) ^ self._letters(self.right)
        if lonely:
            return f"the index {min(lonely)} stands on one side alone"
        if found.how == "misfit" or found.assumed:
            return found.reason or "nothing is said of some of its letters"
        if is_plain([*self.sides, self.right], self.symbols) and not self._is_calculation():
            self._suppose([*self.sides, self.right])
            return "it may be an assumption"
        return ""

    def _letters(self, side: s.Node) -> set[str]:
        """The free indices of a side."""
        made = value(Setting(self.symbols).fork(), side, self.scope)
        return set() if made is None else {i.hint for i in made[1].letters}

    def _suppose(self, sides: list[s.Node]) -> None:
        self.circumstances.supposed |= self.variables(sides)

    def variables(self, sides: list[s.Node]) -> set[str]:
        """The names of the variables without numbers that sides are made of."""
        return self._names(sides, known=False)

    def _known(self, sides: list[s.Node]) -> set[str]:
        return self._names(sides, known=True)

    def _names(self, sides: list[s.Node], known: bool) -> set[str]:
        out: set[str] = set()
        for side in sides:
            made = value(Setting(self.symbols).fork(), side, self.scope)
            if made is not None:
                out |= {_name(v) for v in made[1].body.variables if (v in made[0].known) == known}
        return out

    def _has_loose_chain(self, side: s.Node) -> bool:
        """Whether derivatives of arrays are multiplied: these are written in any order and layout."""
        for slopes in products_of_slopes(side):
            for d in slopes:
                made = value(Setting(self.symbols).fork(), d, self.scope)
                if made is None or made[1].ndim:
                    return True
        return False


def is_calculation(side: s.Node) -> bool:
    """Whether a side holds numbers and no letters."""
    return not any(isinstance(n, s.Symbol) for n in s.walk(side))


def _name(v: Expr) -> str:
    return getattr(v, "name", "")
