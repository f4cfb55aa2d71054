"""What the parts of one statement share while they get their values: what is known, its letters, the way back in."""

from __future__ import annotations

from abc import ABC, abstractmethod

from chainrule.checker import syntax as s
from chainrule.checker.labels import NO_BIND, Bind
from chainrule.checker.letters import Letters
from chainrule.checker.values import Val
from chainrule.checker.world import World
from chainrule.core.graph import at
from chainrule.core.index import Affine, Index, affine


class Evaluation(ABC):
    """Of the sides of one statement: an index letter is one letter in all of them.

    bind: what letters of layers stand for. locals: letters that stand for a value here, whatever they are elsewhere.
    """

    def __init__(self, world: World, bind: Bind = NO_BIND, scope: str = "s") -> None:
        self.world, self.bind = world, bind
        self.algebra, self.symbols = world.algebra, world.symbols
        self.letters = Letters(self.symbols.sizes, scope)
        self.locals: dict[str, Val] = {}

    def letter(self, name: str) -> Index:
        """The index that a letter is."""
        return self.letters.letter(name)

    def claimed(self, key: str) -> Val | None:
        """What a wrong line before gave to an expression that is written so, its letters read as those of this one."""
        found = self.world.claimed.get(key)
        if found is None:
            return None
        renamed: dict[Index, Affine] = {i: affine(self.letter(i.hint)) for i in found.letters}
        return Val(at(found.body, renamed), found.axes, found.row).renewed()

    @abstractmethod
    def value(self, node: s.Node) -> Val:
        """The value of a side, or of a part of one.

        Raises:
            NotUnderstoodError: it has no meaning that is certain.
            MisfitError: shapes that do not fit.
        """
