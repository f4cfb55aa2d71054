"""A claim under all that a document may mean: layouts, conventions, cases, values before and after a step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chainrule.checker import syntax as s
from chainrule.checker.alphabet import GREEK_NUMBERS
from chainrule.checker.circumstances import Circumstances
from chainrule.checker.conventions import Reading
from chainrule.checker.facts import SIMPLEX
from chainrule.checker.judged import Judgement, Setting, judge, value
from chainrule.checker.labels import Key
from chainrule.checker.symbols import Declaration, Symbols
from chainrule.checker.updates import Updates

SYMMETRIC = re.compile(r"symmetri|symétri|simétri|대칭|対称|对称|對稱", re.IGNORECASE)
CONVENTIONS = re.compile(r"convention|layout|numerator|denominator|표기법|관례|konvention", re.IGNORECASE)
ASYMMETRIC = re.compile(r"asymm|unsymm|nonsymm|\b(not|non|nicht|no|pas)\b[^.]{0,20}symm", re.IGNORECASE)


@dataclass
class Readings:
    """Of one document. text: all of it, for words that allow a reading.

    shaped: whether the document has shown that its gradients by matrices have the shape of the matrix.
    """

    symbols: Symbols
    circumstances: Circumstances
    updates: Updates
    text: str
    shaped: bool = False

    def judge(self, sides: list[s.Node], right: s.Node, scope: str) -> Judgement:
        """Whether a claim is right in one of the readings; if it is not, how it is in the plainest."""
        first = Judgement("unclear")
        for setting in (*self._settings(), *self._of_a_number(sides[0]), *self._by_other_definitions()):
            found = self._against(setting, sides, right, scope)
            if found.equal and not self._mixes_layouts(setting.reading, sides[0], scope):
                self._learn(setting.reading)
                self._settle_layout(setting.reading, sides, right, scope)
                return found
            if first.how == "unclear":
                first = found
        return first

    def _is_matrix_gradient(self, left: s.Node, scope: str) -> bool:
        """∂L/∂W of a number L by a matrix W."""
        if not isinstance(left, s.Derivative) or len(left.by) > 1 or left.order > 1:
            return False
        of = value(Setting(self.symbols).fork(), left.of, scope)
        made = value(Setting(self.symbols).fork(), left, scope)
        return of is not None and made is not None and of[1].ndim == 0 and made[1].ndim == 2

    def _settle_layout(self, reading: Reading, sides: list[s.Node], right: s.Node, scope: str) -> None:
        """Note that gradients by matrices have the shape of the matrix, where a claim is right in no other way."""
        if self.shaped or reading.rows or not self._is_matrix_gradient(sides[0], scope):
            return
        other = Setting(self.symbols, Reading(rows=True))
        self.shaped = not judge(other.fork(), sides[0], right, scope).equal

    def _mixes_layouts(self, reading: Reading, left: s.Node, scope: str) -> bool:
        """Whether a gradient by a matrix is transposed after others that were not."""
        if not self.shaped or not reading.rows or CONVENTIONS.search(self.text):
            return False
        return self._is_matrix_gradient(left, scope)

    def _settings(self) -> Iterator[Setting]:
        """The plainest first."""
        for where in self.circumstances.where():
            for reading in self.readings():
                yield from self.updates.settings(Setting(self.symbols, reading, where=where))

    def _by_other_definitions(self) -> Iterator[Setting]:
        """With a definition that was in force before, or another form of it."""
        for key, others in self.symbols.others.items():
            for d in others[-3:]:
                changed = Setting(self.symbols).fork()
                changed.symbols.defined = {**self.symbols.defined, key: d}
                changed.symbols.numbers = {k: v for k, v in self.symbols.numbers.items() if k != key}
                yield changed

    def _of_a_number(self, left: s.Node) -> tuple[Setting, ...]:
        """`σ′(z) = σ(z)(1 − σ(z))` says what σ′ is of a number, also where z is a vector elsewhere."""
        match left:
            case s.Product(factors=(s.Scripted(primes=1 | 2), s.Group(items=(s.Symbol(name=name),))), signs=("",)):
                return tuple(Setting(self.symbols, r, numbers=(name,)) for r in self.plain())
            case _:
                return ()

    def readings(self) -> tuple[Reading, ...]:
        """What the letters and words of the document allow."""
        survey = self.symbols.survey
        out = [Reading()]
        out += [Reading(inputs_first=True), Reading(rows=True), Reading(rows=True, inputs_first=True)]
        if "sigma" in survey.slots.keys() | survey.functions and "sigma" not in survey.known_functions:
            out += [replace(r, sigmoid=True) for r in out]
        if SIMPLEX.search(self.text):
            out += [replace(r, targets=True) for r in out]
        if SYMMETRIC.search(self.text) and not ASYMMETRIC.search(self.text):
            out += [replace(r, symmetric=True) for r in out]
        out.append(Reading(direct=True))
        return tuple(out)

    def plain(self) -> tuple[Reading, ...]:
        """Those in which a calculation may differ."""
        return tuple(dict.fromkeys(Reading(sigmoid=r.sigmoid) for r in self.readings()))

    def facts(self) -> Reading:
        """All facts that the words of the document allow, in the plainest layout."""
        all_ = self.readings()
        return Reading(targets=any(r.targets for r in all_), symmetric=any(r.symmetric for r in all_))

    def _learn(self, reading: Reading) -> None:
        """What a claim that is right in no other reading says of the document."""
        if reading.sigmoid:
            self.symbols.survey.known_functions["sigma"] = "sigmoid"

    def _against(self, setting: Setting, sides: list[s.Node], right: s.Node, scope: str) -> Judgement:
        """The right side against the first side of the chain that is understood."""
        found = Judgement("unclear")
        for anchor in (sides[0], *reversed(sides[1:])):
            trial = setting.fork()
            found = judge(trial, anchor, right, scope)
            if found.equal and setting.symbols is self.symbols:
                self.symbols.sizes = trial.symbols.sizes
                self._established(found.assumed)
            if found.how != "unclear":
                break
        return found

    def _established(self, assumed: tuple[Key, ...]) -> None:
        """A Greek letter that was taken for a number, in a line that is right, is one."""
        for key in assumed:
            if key.base not in GREEK_NUMBERS or key.labels or key in self.symbols.loose:
                continue
            if not self.symbols.knows(key):
                self.symbols.declare(key, Declaration(()))
