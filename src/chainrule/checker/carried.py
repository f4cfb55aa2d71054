"""What lines hand on to later ones: the value that a wrong line gave, and digits that are rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from chainrule.checker import syntax as s
from chainrule.checker.conventions import Reading
from chainrule.checker.judged import Setting, judge, value
from chainrule.checker.numerals import literal
from chainrule.checker.places import places
from chainrule.checker.printed import written
from chainrule.checker.symbols import Symbols
from chainrule.checker.values import Val

# By how many units of the last printed digit a number may be off; a little more than half, for halves rounded down.
PLAIN = (Reading(),)
ROUNDED, CUT_OFF = Fraction(51, 100), Fraction(1)


@dataclass(frozen=True)
class Fault:
    """A claim that is not true: the line of the first mistake, and what it gave to what."""

    root: int
    given: dict[str, Val]


@dataclass
class Carried:
    """Of one document, so far."""

    symbols: Symbols
    faults: list[Fault] = field(default_factory=list[Fault])
    rounded: dict[str, Val] = field(default_factory=dict[str, Val])

    def follows(self, sides: list[s.Node], right: s.Node, scope: str) -> int | None:
        """The line of the mistake that a claim is right by, if it is."""
        if not self.faults:
            return None
        for faults in [[x] for x in reversed(self.faults)] + [self.faults]:
            given: dict[str, Val] = {}
            for x in faults:
                given.update(x.given)
            tries = [Setting(self.symbols, Reading(), given)]
            if self._decimal(sides, right):
                tries.append(Setting(self.symbols, Reading(), {**self.rounded, **given}, ROUNDED))
            for side in dict.fromkeys((sides[0], sides[-1])):
                if any(judge(t.fork(), _sharp(side), right, scope).equal for t in tries):
                    return faults[-1].root
        return None

    def holds_for_itself(self, sides: list[s.Node], right: s.Node, scope: str) -> bool:
        """Whether a link of a chain holds by the link before, which is not accused, though not by the first side."""
        if len(sides) < 2 or any(written(x) in f.given for f in self.faults for x in sides):
            return False
        return judge(Setting(self.symbols).fork(), sides[-1], right, scope).equal

    def note(self, sides: list[s.Node], right: s.Node, root: int, scope: str) -> None:
        """Keep what a claim that is not true gave to the sides before it."""
        rounded = literal(right) is not None and self._decimal([], right)
        found = value(Setting(self.symbols, rounded=ROUNDED if rounded else None).fork(), right, scope)
        if found is not None:
            self.faults.append(Fault(root, self._keys(sides, found[1])))

    # Rounding

    def _decimal(self, sides: list[s.Node], right: s.Node) -> bool:
        """Whether printed digits are at play."""
        return bool(self.rounded) or any(
            isinstance(n, s.Number) and n.places is not None for x in (*sides, right) for n in s.walk(x)
        )

    def rounds(
        self, sides: list[s.Node], right: s.Node, scope: str, readings: Sequence[Reading] = PLAIN, loosely: bool = False
    ) -> bool:
        """Whether a claim about numbers is right within the digits that are printed, here or in lines before.

        loosely: after ≈, where digits may be cut off and a whole number may stand for any that is near it.
        """
        right = _near(right) if loosely else right
        if not self._decimal(sides, right):
            return False
        units = CUT_OFF if loosely else ROUNDED
        settings = [Setting(self.symbols, r, given, units) for r in readings for given in ({}, self.rounded)]
        both = dict.fromkeys((sides[0], sides[-1]))
        return any(judge(t.fork(), _sharp(side), right, scope).equal for t in settings for side in both)

    def keep(self, sides: list[s.Node], right: s.Node, scope: str) -> None:
        """Keep rounded values: later lines may go on with them."""
        if literal(right) is None:
            return
        found = value(Setting(self.symbols, rounded=ROUNDED), right, scope)
        if found is not None:
            self.rounded.update(self._keys(sides, found[1]))

    def _keys(self, sides: list[s.Node], given: Val) -> dict[str, Val]:
        """The value under the names of the sides that it was given to."""
        out: dict[str, Val] = {}
        for side in sides:
            if isinstance(side, s.Number):
                continue
            out[written(side)] = given
            split = self.symbols.split(side)
            if split is not None and not split[1] and split[2] is None:
                out[str(split[0])] = given
        return out


def _near(node: s.Node) -> s.Node:
    """A whole number after ≈ as one that is rounded to no decimals."""
    match node:
        case s.Number(places=None):
            return replace(node, places=0)
        case s.Sum(terms=((sign, s.Number(places=None) as n),)):
            return replace(node, terms=((sign, replace(n, places=0)),))
        case _:
            return node


def _sharp(side: s.Node) -> s.Node:
    """A calculation in which numbers of one digit, such as 0.6, are what they say: rounded ones have more."""
    if literal(side) is not None and not isinstance(side, s.Quotient):
        return side
    for p in places(side):
        n = p.node
        if isinstance(n, s.Number) and n.places and abs(n.value) * 10**n.places < 10:
            return _sharp(p.put(replace(n, places=None)))
    return side
