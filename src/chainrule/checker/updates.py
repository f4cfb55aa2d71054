"""Steps of gradient descent: `w ← w − η g` is no equation; its sign can be wrong, and w has another value after it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from chainrule.checker import syntax as s
from chainrule.checker.judged import Setting, judge
from chainrule.checker.labels import Key, bare
from chainrule.checker.numerals import literal
from chainrule.checker.printed import written
from chainrule.checker.symbols import Numbers, Symbols
from chainrule.checker.trees import mapped

LOSSES = frozenset({"L", "J", "C", "E", "LOSS", "ELL"})
ASCENT = re.compile(r"ascent|maximi[sz]|상승|최대화", re.IGNORECASE)


@dataclass
class Updates:
    """The steps of one document. after: the symbols that were updated, with their new numbers where these are given."""

    symbols: Symbols
    text: str
    after: dict[Key, Numbers | None] = field(default_factory=dict[Key, "Numbers | None"])

    def is_step(self, left: s.Node, right: s.Node) -> bool:
        """`w ← w − η g`, in the same letter: not an equation."""
        if not isinstance(right, s.Sum) or len(right.terms) < 2:
            return False
        found = self.symbols.split(left)
        return found is not None and written(right.terms[0][1]) == written(left)

    def note(self, left: s.Node, last: s.Node) -> None:
        """From here on the symbol may be its old value or the new one, the last of the chain."""
        found = self.symbols.split(left)
        if found is not None and not found[1] and found[2] is None:
            numbers = literal(last)
            if numbers is not None or found[0] not in self.after:
                self.after[found[0]] = numbers

    def knows(self, node: s.Node) -> bool:
        """Whether a symbol has been updated."""
        found = self.symbols.split(node)
        return found is not None and found[0] in self.after

    def settings(self, setting: Setting) -> tuple[Setting, ...]:
        """With the old values, and with the new ones."""
        new = {k: v for k, v in self.after.items() if v is not None}
        if not new:
            return (setting,)
        changed = setting.fork()
        changed.symbols.numbers = {**self.symbols.numbers, **new}
        return setting, changed

    def concerns(self, sides: list[s.Node]) -> bool:
        """Whether a claim is about a symbol of which the new value is not known."""
        open_ = {k for k, v in self.after.items() if v is None}
        if not open_:
            return False
        for n in (n for x in sides for n in s.walk(x)):
            found = self.symbols.split(n) if isinstance(n, (s.Symbol, s.Scripted)) else None
            if found is not None and found[0] in open_:
                return True
        return False

    def goes_up(self, left: s.Node, right: s.Node, scope: str) -> bool:
        """`w_new = w + η g` where g is the gradient of a loss by w."""
        if not (isinstance(right, s.Sum) and len(right.terms) == 2 and right.terms[0][0] == right.terms[1][0] == 1):
            return False
        a, b = bare(left), bare(right.terms[0][1])
        if a is None or b is None or a[0] != b[0] or written(left) == written(right.terms[0][1]):
            return False
        return bool(self._gradients(right, scope)) and not ASCENT.search(self.text)

    def mended(self, right: s.Node, scope: str) -> s.Sum | None:
        """The step with the other sign, where it goes along a derivative of a loss; None where all is well."""
        assert isinstance(right, s.Sum)
        sign, step = right.terms[-1]
        if sign < 0 or len(right.terms) != 2 or ASCENT.search(self.text):
            return None
        if any(isinstance(n, s.Sum) and n.terms[0][0] < 0 for n in s.walk(step)):
            return None
        slopes = [n for n in s.walk(step) if isinstance(n, s.Derivative)] or self._gradients(right, scope)
        if not slopes or not all(self._is_loss(n.of) for n in slopes):
            return None
        return s.Sum((right.terms[0], (-1, step)))

    @staticmethod
    def _is_loss(node: s.Node) -> bool:
        name = bare(node)
        return name is not None and name[0].removeprefix("cal_").upper() in LOSSES

    def _gradients(self, right: s.Sum, scope: str) -> list[s.Derivative]:
        """The derivative of a loss by the first term that the second one is a multiple of."""
        weight, step = right.terms[0][1], right.terms[-1][1]
        found = bare(weight)
        if found is not None and self.symbols.knows(Key(found[0])):  # W of W_t, of which no more is said
            plain, own = s.Symbol(found[0]), written(weight)
            step = mapped(step, lambda n: plain if written(n) == own else n)
            weight = plain
        for loss in self.symbols.survey.by:
            d = s.Derivative(s.Symbol(loss), (weight,))
            tries = [step]
            if isinstance(step, s.Product):
                _, *rest = step.factors
                tries += [s.Product(tuple(rest), step.signs[1:])] if len(rest) > 1 else rest
            if any(judge(Setting(self.symbols).fork(), d, x, scope).equal for x in tries):
                return [d]
        return []
