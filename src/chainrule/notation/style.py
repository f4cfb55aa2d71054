"""What a medium writes: its signs, and how parts are put together. Unicode is in `pretty`, LaTeX in `latex`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from chainrule.core.expr import Apply
from chainrule.core.size import Size
from chainrule.notation.subscripts import Whole, factors

COMPARE, ADD, ENTRYWISE, PRODUCT, POWER, ATOM = range(6)
Scripts: TypeAlias = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A printed part.

    minus: it starts with a sign, and `text` is what follows it; open: it reaches as far right as it can, like Σ;
    script: it ends with an exponent; number: it is one.
    """

    text: str
    level: int
    minus: bool = False
    open: bool = False
    script: bool = False
    number: bool = False


class Style(ABC):
    """The signs of one medium."""

    times: str  # between two numbers
    between: str  # between factors
    entrywise: str
    divided: str
    kron: str
    minus: str  # between two terms
    negative: str  # before a negative one
    plus: str
    d: str  # of a partial derivative
    dot: str  # between factors in a subscript
    more: str  # between definitions
    scripts: Scripts  # names that are a letter with a superscript

    def variable(self, name: str) -> Shown:
        """The name of a variable or of a part, with its superscript where `scripts` gives one."""
        if name not in self.scripts:
            return Shown(self.name(name), ATOM)
        base, above = self.scripts[name]
        return Shown(self.scripted(self.name(base), above), ATOM, script=True)

    @property
    def whole(self) -> Whole:
        """Whole-number arithmetic in this medium."""
        return Whole(
            self.name, self.integer, self.divide, self.subscript_bracket, self.negative, self.minus, self.plus, self.dot
        )

    def size(self, s: Size) -> Shown:
        """A size as a number."""
        spaced = replace(self.whole, minus=f" {self.minus} ", plus=f" {self.plus} ", dot=self.between)
        level = ADD if len(s.terms) > 1 else PRODUCT if factors(s) > 1 else ATOM
        return Shown(spaced.size(s), level, number=s.constant is not None)

    def integer(self, n: int) -> str:
        """A whole number, with its sign."""
        text = self.number(Fraction(abs(n))).text
        return self.negative + text if n < 0 else text

    def subscript_bracket(self, text: str) -> str:
        """Brackets of the size that subscripts have."""
        return self.bracket(text)

    def starts_with_digit(self, text: str) -> bool:
        """Whether a number before it would run into it."""
        return text[:1] in tuple("0123456789")

    def beside(self, right: str) -> str:  # noqa: ARG002  # not every medium looks at it
        """What stands between a factor and the next one."""
        return self.between

    def starts_with_bracket(self, text: str) -> bool:
        return text.startswith("(")

    @abstractmethod
    def number(self, value: Fraction) -> Shown: ...
    @abstractmethod
    def name(self, name: str) -> str: ...
    @abstractmethod
    def scripted(self, base: str, above: str) -> str: ...
    @abstractmethod
    def bracket(self, text: str) -> str: ...
    @abstractmethod
    def power(self, base: str, exponent: str, entrywise: bool = False) -> str: ...
    @abstractmethod
    def transpose(self, base: str) -> str: ...
    @abstractmethod
    def inverse_transpose(self, base: str) -> str: ...
    @abstractmethod
    def fraction(self, top: Shown, bottom: Shown) -> Shown: ...
    @abstractmethod
    def entry(self, base: str, subs: Sequence[str], name: bool) -> str: ...
    @abstractmethod
    def divide(self, op: str, a: str, b: str) -> str: ...
    @abstractmethod
    def total(self, letters: Sequence[str], body: str) -> str: ...
    @abstractmethod
    def iverson(self, text: str) -> str: ...
    @abstractmethod
    def array(self, body: str, letters: Sequence[str]) -> str: ...
    @abstractmethod
    def partial(self, of: Shown, by: str) -> str: ...
    @abstractmethod
    def derivative(self, name: str, order: int, by: str) -> str: ...
    @abstractmethod
    def primed(self, name: str, order: int) -> str: ...
    @abstractmethod
    def compare(self, a: str, sign: str, b: str) -> str: ...
    @abstractmethod
    def call(self, e: Apply, args: Sequence[str], shown: Sequence[Shown | str]) -> Shown: ...
    @abstractmethod
    def where(self, result: str, definitions: Sequence[tuple[str, str]]) -> str: ...
