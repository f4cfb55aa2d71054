"""A claim that does not hold as it stands: wrong, carried forward, a new meaning of a symbol, or no claim at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.checker import syntax as s
from chainrule.checker.circumstances import has_slopes
from chainrule.checker.diagnosis import Diagnosis
from chainrule.checker.doubts import STEP, Doubts, is_calculation
from chainrule.checker.judged import Judgement, Setting, judge
from chainrule.checker.labels import Key
from chainrule.checker.numerals import literal

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
        c = self.checker
        self.symbols = c.symbols
        self.line = c.line(self.statement)
        self.doubts = Doubts(
            c.document, c.symbols, c.circumstances, c.updates, self.formula, self.sides, self.right, c.scope, self.line,
            c.loose,
        )  # fmt: skip

    def verdict(self) -> None:
        """Say what is to be said of it."""
        c, st, right = self.checker, self.statement, self.right
        chain = self.sides
        if self._miscalculates():
            self.sides = self.doubts.sides = self.sides[-1:]
        if self._gets_a_new_value():
            c.updates.note(self.sides[0], right)
            c.anew = True
            c.say(st, "definition", right=right, reason="a new value")
            return
        if self._given_anew() or self._said_anew() or self._of_other_variables_anew():
            self._defined_anew()
            return
        unsure = bool(c.claims) and c.claims[-1].verdict == "not understood"
        if unsure and c.carried.holds_for_itself(self.sides, right, c.scope):
            c.say(st, "right", right=right)
            return
        doubt = self._of_an_implication() or self.doubts.whatever()
        because = c.carried.follows(self.sides, right, c.scope)
        if because is not None:
            c.carried.note(chain, right, because, c.scope)
            c.say(st, "follows", right=right, because_of=because)
            return
        if doubt:
            c.say(st, "not understood", reason=doubt, right=right)
            return
        d = self._diagnosis()
        if self._may_be_defined_anew(d):
            self._defined_anew()
            return
        doubt = self.doubts.without(d, self.found)
        if doubt:
            c.say(st, "not understood", reason=doubt, right=right)
            return
        c.carried.note(chain, right, self.line, c.scope)
        example = self.found.example or None
        if d is None:
            reason = self.found.reason or "the two sides differ"
            c.say(st, "wrong", right=right, kind="other", reason=reason, counterexample=example)
            return
        repair = c.mended(self.formula, st, d)
        c.say(st, "wrong", right=right, kind=d.kind, reason=d.reason, repair=repair, counterexample=example, found=d)

    def redefined(self) -> bool:
        """Take a claim that has no value for another meaning of its symbol, where it may be one; whether it was."""
        if self._said_anew():
            self._defined_anew()
            return True
        return False

    def _of_an_implication(self) -> str:
        """`z = 3 ⇒ β = 2`: the one is supposed, the other holds if it does."""
        if self.checker.implies and not has_slopes(self.sides[0]):
            return "it may be supposed, for what follows from it"
        return "it holds if what stands before it does" if self.checker.supposed else ""

    def _diagnosis(self) -> Diagnosis | None:
        where = next((w for w in reversed(self.checker.circumstances.where()) if w), ())
        facts = self.checker.readings.facts()
        settings = [Setting(self.symbols), Setting(self.symbols, facts), Setting(self.symbols, where=where)]
        for setting in settings[:1] + [t for t in settings[1:] if t != settings[0]]:
            d = self.checker.doctor.diagnose(setting, self.sides, self.right, self.checker.scope)
            if d is not None:
                return d
        return None

    # Symbols that get another meaning

    @property
    def _name_alone(self) -> Key | None:
        """The symbol that the whole claim is about: x of `x = …`, f of `f(x) = …`; of `y_j = …` where it may be new."""
        left = self.sides[0]
        core = left.factors[0] if isinstance(left, s.Product) and len(left.factors) == 2 else left
        found = None if isinstance(core, s.Scripted) and core.primes else self.symbols.split(core)
        if len(self.sides) > 1 or found is None or found[2] is not None:
            return None
        letters = [x.name for x in found[1] if isinstance(x, s.Symbol)]
        general = len(set(letters)) == len(found[1])
        may_be_new = not self.formula.display or self._in_new_section(found[0])
        return found[0] if not found[1] or (general and may_be_new) else None

    def _in_new_section(self, key: Key) -> bool:
        """Whether a section or an exercise has begun since the symbol got its meaning."""
        before = self._line_before(key)
        return bool(before) and any(before < n <= self.line for n in self.checker.sections)

    def _miscalculates(self) -> bool:
        """Whether the last link of the chain is between numbers without letters, and wrong by itself."""
        c, last = self.checker, self.sides[-1]
        if len(self.sides) < 2 or not is_calculation(last) or not is_calculation(self.right):
            return False
        setting = Setting(self.symbols)
        found = judge(setting.fork(), last, self.right, c.scope)
        return found.how == "different" and not c.carried.rounds([last], self.right, c.scope)

    def _gets_a_new_value(self) -> bool:
        """`w = 4 − 0.25 · 8` of a symbol that was given, or that the words say is updated: a step, in numbers."""
        key = self._name_alone
        if key is None or isinstance(self.sides[0], s.Product) or literal(self.right) is not None:
            return False
        if not self.doubts.is_fixed(self.right):
            return False
        letters = any(isinstance(n, (s.Symbol, s.Scripted)) for n in s.walk(self.right))
        return not letters and (key in self.symbols.given or bool(STEP.search(self.formula.words_before)))

    def _given_anew(self) -> bool:
        """`x = 4` of a symbol that was given as another number, or as a formula of what has no numbers."""
        key = self._name_alone
        if key is None or literal(self.right) is None or isinstance(self.sides[0], s.Product):
            return False
        d = self.symbols.definition(key)
        open_ = d is not None and d[0].body is not None and not self.doubts.is_fixed(self.sides[0])
        return key in self.symbols.given or open_

    def _said_anew(self) -> bool:
        """In running prose, or a function in another exercise: `Now let σ(x) = x`."""
        key = self._name_alone
        if key is None or literal(self.right) is not None:
            return key is not None and not self.formula.display and self._in_new_section(key)
        return not self.formula.display or (isinstance(self.sides[0], s.Product) and self._in_new_section(key))

    def _of_other_variables_anew(self) -> bool:
        """In another section, a formula of letters that were no part of the symbol before."""
        key = self._name_alone
        if key is None or literal(self.right) is not None or not self._in_new_section(key):
            return False
        return bool(self.doubts.variables([self.right]) - self.doubts.variables(self.sides))

    def _may_be_defined_anew(self, d: Diagnosis | None) -> bool:
        """A symbol that is said to be another formula: one that no mistake explains, or one of more variables."""
        key = self._name_alone
        if key is None or literal(self.right) is not None:
            return False
        if self.doubts.is_numeric() and not self._in_new_section(key):
            return False
        if d is None or d.kind == "other":
            return True
        return bool(self.doubts.variables([self.right]) - self.doubts.variables(self.sides))

    def _defined_anew(self) -> None:
        c, left = self.checker, self.sides[0]
        found = self.symbols.split(left)
        before = self._line_before(found[0]) if found is not None else 0
        if found is not None:
            self.symbols.numbers.pop(found[0], None)
        told = c.definitions.defines(left, ":=", self.right, self.line)
        if told and literal(self.right) is not None:
            c.circumstances.exercise = max((n for n in c.sections if n <= self.line), default=0)
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
