"""Solving for sizes that nobody declared."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from chainrule.core.size import FloorDiv, Size, size

LETTERS = ("n", "m", "k", "p", "q", "r", "l", "s", "t", "u", "v", "w", "h", "d", "c", "o", "i", "j")


def is_hole(name: str) -> bool:
    return name.startswith("?")


def _holes(s: Size) -> list[str]:
    return sorted(filter(is_hole, s.names), key=lambda name: int(name[1:]))


# No name is used twice: a node that is interned with a hole was checked when that hole was looked at.
_numbers = itertools.count()


class Solver:
    """Equations between sizes; unknown sizes are holes, named ?0, ?1, …"""

    def __init__(self) -> None:
        self.found: dict[str, Size] = {}
        self.deferred: list[tuple[Size, Size]] = []

    def hole(self) -> Size:
        return size(f"?{next(_numbers)}")

    def resolve(self, s: Size) -> Size:
        """The size, with all that is known put in."""
        while any(name in self.found for name in s.names):
            s = s.substitute(self.found)
        return s

    def unify(self, a: Size, b: Size) -> bool:
        """Make two sizes one; False if they cannot be. What cannot be decided yet waits."""
        a, b = self.resolve(a), self.resolve(b)
        if a is b:
            return True
        difference = a - b
        if not _holes(difference):
            return False
        for name in reversed(_holes(difference)):
            value = _solve(difference, name)
            if value is not None:
                if (value.constant is not None and value.constant < 1) or name in value.names:
                    return False
                self.found[name] = value
                return True
        self.deferred.append((a, b))
        return True

    def finish(self) -> None:
        """Look again at what had to wait."""
        before = -1
        while self.deferred and before != len(self.deferred):
            before, waiting, self.deferred = len(self.deferred), self.deferred, []
            for a, b in waiting:
                self.unify(a, b)

    def name(self, order: Iterable[Size], taken: Iterable[str]) -> None:
        """Give a letter to every hole of these sizes that is still unknown."""
        used = set(taken)
        for s in order:
            for name in _holes(self.resolve(s)):
                letter = next(c for c in _letters() if c not in used)
                used.add(letter)
                self.found[name] = size(letter)


def _letters() -> Iterable[str]:
    yield from LETTERS
    number = 1
    while True:
        yield f"n{number}"
        number += 1


def _solve(difference: Size, name: str) -> Size | None:
    """The size `name` is if the difference is 0, when it stands in it once, by itself."""
    rest, coefficient = size(0), 0
    for mono, c in difference.terms:
        if mono == (name,):
            coefficient = c
        elif any(name in (atom.numerator.names | atom.denominator.names) if isinstance(atom, FloorDiv) else atom == name
                 for atom in mono):  # fmt: skip
            return _factor(difference, name)
        else:
            rest = rest + _monomial(mono, c)
    if abs(coefficient) == 1:
        return rest * (-coefficient)
    if coefficient:
        return (rest * (-1)).divide(size(coefficient))
    return None


def _factor(difference: Size, name: str) -> Size | None:
    """From k·? = k·n: the hole, when all of it stands in one product."""
    inside = [(mono, c) for mono, c in difference.terms if name in mono]
    others = [(mono, c) for mono, c in difference.terms if name not in mono]
    if len(inside) != 1 or inside[0][0].count(name) != 1 or any(_mentions(mono, name) for mono, _ in others):
        return None
    mono, c = inside[0]
    rest = list(mono)
    rest.remove(name)
    factor, value = _monomial(tuple(rest), -c), size(0)
    if any(is_hole(n) for n in factor.names):
        return None
    for m, k in others:
        value = value + _monomial(m, k)
    return value.divide(factor)


def _mentions(mono: tuple[str | FloorDiv, ...], name: str) -> bool:
    return any(isinstance(a, FloorDiv) and name in a.numerator.names | a.denominator.names for a in mono)


def _monomial(mono: tuple[str | FloorDiv, ...], c: int) -> Size:
    out = size(c)
    for atom in mono:
        out = out * (size(atom) if isinstance(atom, str) else atom.numerator // atom.denominator)
    return out
