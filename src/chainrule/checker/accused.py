"""A claim that does not hold as it stands: wrong, carried forward, a new meaning of a symbol, or no claim at all.

To call a right line wrong is the worst thing that a checker can do: whatever a claim may rest on that is not looked at
here makes it one that is not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.checker import syntax as s
from chainrule.checker.circumstances import has_slopes, is_plain, is_simple, is_zero, products_of_slopes, shifted
from chainrule.checker.definitions import literal
from chainrule.checker.diagnosis import Diagnosis
from chainrule.checker.judged import Judgement, Setting, functions, value
from chainrule.checker.labels import Key
from chainrule.checker.quoted import spoken_of_as_wrong
from chainrule.core.expr import Expr

EINSTEIN = re.compile(r"einstein|summation convention|repeated ind|summenkonvention|아인슈타인", re.IGNORECASE)
STEP = re.compile(
    r"\b(updat|step|new|after|next|neu|nach|schritt|nuev|despu|nouve|apr[eè]s)\w*|갱신|업데이트|새로운|이후|更新|新",
    re.IGNORECASE,
)

if TYPE_CHECKING:
    from chainrule.checker.verdicts import Checker


@dataclass
class Accused:
    """One claim before the checker, found not to be true."""

    checker: Checker
    formula: s.Formula
    statement: s.Statement
    sides: list[s.Node]
    right: s.Node
    found: Judgement

    def __post_init__(self) -> None:
        self.symbols = self.checker.symbols
        self.circumstances = self.checker.circumstances
        self.line = self.checker.line(self.statement)

    def verdict(self) -> None:
        """Say what is to be said of it."""
        c, st, right = self.checker, self.statement, self.right
        doubt = self._doubt()
        if self._given_anew() or self._function_anew():
            self._defined_anew()
            return
        because = c.carried.follows(self.sides, right, c.scope)
        if because is not None:
            c.carried.note(self.sides, right, because, c.scope)
            c.say(st, "follows", right=right, because_of=because)
            return
        if doubt:
            c.say(st, "not understood", reason=doubt, right=right)
            return
        d = self._diagnosis()
        if self._may_be_defined_anew(d):
            self._defined_anew()
            return
        doubt = "" if self._numeric else self._doubt_without(d)
        if doubt:
            c.say(st, "not understood", reason=doubt, right=right)
            return
        c.carried.note(self.sides, right, self.line, c.scope)
        example = self.found.example or None
        if d is None:
            reason = self.found.reason or "the two sides differ"
            c.say(st, "wrong", right=right, kind="other", reason=reason, counterexample=example)
            return
        repair = c.mended(self.formula, st, d)
        c.say(st, "wrong", right=right, kind=d.kind, reason=d.reason, repair=repair, counterexample=example, found=d)

    def _diagnosis(self) -> Diagnosis | None:
        where = next((w for w in reversed(self.circumstances.where()) if w), ())
        facts = self.checker.readings.facts()
        settings = [Setting(self.symbols), Setting(self.symbols, facts), Setting(self.symbols, where=where)]
        for setting in settings[:1] + [t for t in settings[1:] if t != settings[0]]:
            d = self.checker.doctor.diagnose(setting, self.sides, self.right, self.checker.scope)
            if d is not None:
                return d
        return None

    # What a claim may be in place of a claim

    @property
    def _numeric(self) -> bool:
        """Whether it is between numbers alone: nothing can be assumed of these."""
        return all(map(self._fixed, (*self.sides, self.right))) and not self.checker.updates.concerns(
            [*self.sides, self.right]
        )

    def _fixed(self, side: s.Node) -> bool:
        """Whether a side is a matter of given numbers."""
        made = value(Setting(self.symbols).fork(), side, self.checker.scope)
        if made is None or made[1].letters or any(i.size.constant is None for i in made[1].axes):
            return False
        return all(v in made[0].known for v in made[1].body.variables) and not functions(made[1].body)

    def _doubt(self) -> str:
        """A reason why it need not be wrong, whatever mistake would explain it; "" if there is none."""
        c, both = self.circumstances, [*self.sides[:1], self.sides[-1], self.right]
        if spoken_of_as_wrong(self.checker.document, self.formula):
            return "the words about it may say that it is not true"
        if self._numeric:
            return self._numeric_doubt()
        if EINSTEIN.search(self.checker.document.text):
            return "repeated indices are said to be summed"
        if self.checker.loose:
            return "it may go on from more than one equation"
        if c.doubt:
            return c.doubt
        if self.checker.updates.concerns(both):
            return "it may be of the value before a step or of that after it"
        if is_zero(self.right) or is_zero(self.sides[-1]):
            c.equation = self.line
            self._suppose(both)
            return "it may be an equation to be solved"
        if c.equation and not any(map(has_slopes, both)):
            return f"it may follow from the equation in line {c.equation}"
        if is_plain(both, self.symbols) and (
            not self.formula.display or is_simple(self.sides[-1]) or is_simple(self.right)
        ):
            self._suppose(both)
            return "it may be an assumption"
        used = self._variables(both) & c.supposed
        if used:
            return f"something is assumed of {', '.join(sorted(used))}"
        if any(self._loose_chain(x) for x in both):
            return "the chain rule as a product of derivatives, without an order that is certain"
        if any(shifted(x, self.symbols) for x in both):
            return "a subscript that is worked out may leave its range"
        return ""

    def _numeric_doubt(self) -> str:
        """A reason why numbers that do not come out need not be wrong."""
        if len(self.sides) == 1 and self._name_alone is not None and STEP.search(self.formula.words_before):
            self.checker.anew = True
            return "it may be a new value"
        older = self._older_numbers()
        if older:
            return f"the numbers of {older} may be those of another exercise"
        return ""

    def _older_numbers(self) -> str:
        """A symbol whose numbers were given before an exercise that gives others of its own."""
        given = {str(k): n for k, n in self.symbols.given.items()}
        for name in sorted(self._known_names([*self.sides, self.right])):
            if 0 < given.get(name, 0) < self.circumstances.exercise:
                return name
        return ""

    def _known_names(self, sides: list[s.Node]) -> set[str]:
        out: set[str] = set()
        for side in sides:
            made = value(Setting(self.symbols).fork(), side, self.checker.scope)
            if made is not None:
                out |= {_name(v) for v in made[1].body.variables if v in made[0].known}
        return out

    def _doubt_without(self, d: Diagnosis | None) -> str:
        """A reason not to accuse where no typical mistake explains the difference."""
        if d is not None and d.kind != "other":
            return ""
        if self.found.how == "misfit" or self.found.assumed:
            return self.found.reason or "nothing is said of some of its letters"
        if is_plain([*self.sides, self.right], self.symbols):
            self._suppose([*self.sides, self.right])
            return "it may be an assumption"
        return ""

    def _suppose(self, sides: list[s.Node]) -> None:
        self.circumstances.supposed |= self._variables(sides)

    def _variables(self, sides: list[s.Node]) -> set[str]:
        """The names of the variables that sides are made of."""
        out: set[str] = set()
        for side in sides:
            made = value(Setting(self.symbols).fork(), side, self.checker.scope)
            if made is not None:
                out |= {_name(v) for v in made[1].body.variables if v not in made[0].known}
        return out

    def _loose_chain(self, side: s.Node) -> bool:
        """Whether derivatives of arrays are multiplied: these are written in any order and layout."""
        for slopes in products_of_slopes(side):
            for d in slopes:
                made = value(Setting(self.symbols).fork(), d, self.checker.scope)
                if made is None or made[1].ndim:
                    return True
        return False

    # Symbols that get another meaning

    @property
    def _name_alone(self) -> Key | None:
        """The symbol that the whole claim is about: x of `x = …`, f of `f(x) = …`, in a new section y of `y_j = …`."""
        left = self.sides[0]
        core = left.factors[0] if isinstance(left, s.Product) and len(left.factors) == 2 else left
        found = None if isinstance(core, s.Scripted) and core.primes else self.symbols.split(core)
        if len(self.sides) > 1 or found is None or found[2] is not None:
            return None
        letters = [x.name for x in found[1] if isinstance(x, s.Symbol)]
        general = len(set(letters)) == len(found[1]) and self._in_new_section(found[0])
        return found[0] if not found[1] or general else None

    def _in_new_section(self, key: Key) -> bool:
        """Whether a section or an exercise has begun since the symbol got its meaning."""
        before = self._line_before(key)
        return bool(before) and any(before < n <= self.line for n in self.checker.sections)

    def _function_anew(self) -> bool:
        """`σ(x) = x` in another exercise."""
        key = self._name_alone
        return key is not None and isinstance(self.sides[0], s.Product) and self._in_new_section(key)

    def _given_anew(self) -> bool:
        """`x = 4` of a symbol that was given as another number, or as a formula of what has no numbers."""
        key = self._name_alone
        if key is None or literal(self.right) is None or isinstance(self.sides[0], s.Product):
            return False
        d = self.symbols.definition(key)
        return key in self.symbols.given or (d is not None and d[0].body is not None and not self._fixed(self.sides[0]))

    def _may_be_defined_anew(self, d: Diagnosis | None) -> bool:
        """A symbol that is said to be another formula: one that no mistake explains, or one of more variables."""
        key = self._name_alone
        if key is None or literal(self.right) is not None or (self._numeric and not self._in_new_section(key)):
            return False
        if d is None or d.kind == "other":
            return True
        return bool(self._variables([self.right]) - self._variables(self.sides))

    def _defined_anew(self) -> None:
        c, left = self.checker, self.sides[0]
        found = self.symbols.split(left)
        before = self._line_before(found[0]) if found is not None else 0
        if found is not None:
            self.symbols.numbers.pop(found[0], None)
        told = c.definitions.defines(left, ":=", self.right, self.line)
        if told and literal(self.right) is not None:
            self.circumstances.exercise = max((n for n in c.sections if n <= self.line), default=0)
        if told:
            said = f"; it had another meaning from line {before} on" if before else ""
            c.say(self.statement, "definition", right=self.right, reason=f"it is defined anew{said}")
        else:
            said = f"; line {before} says what it is" if before else ""
            c.say(self.statement, "not understood", right=self.right, reason=f"it may be defined anew{said}")

    def _line_before(self, key: Key) -> int:
        """The line that gave a symbol its meaning so far; 0 if none is known."""
        d, shape = self.symbols.definition(key), self.symbols.declaration(key)
        lines = (self.symbols.given.get(key, 0), d[0].line if d else 0, shape[0].line if shape else 0)
        return next((n for n in lines if n), 0)


def _name(v: Expr) -> str:
    return getattr(v, "name", "")
