"""The index letters of one statement: a letter is one index in all of it, and its size is what it meets."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from chainrule.checker import syntax as s
from chainrule.checker.sizes import Sizes
from chainrule.checker.values import MisfitError, NotUnderstoodError, Val
from chainrule.core.expr import Delta, intern
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.core.size import Size, size


class Letters:
    """scope: what tells the sizes of these letters from those of other statements."""

    def __init__(self, sizes: Sizes, scope: str) -> None:
        self._sizes, self._scope = sizes, scope
        self._known: dict[str, Index] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def letter(self, name: str) -> Index:
        """The index that a letter is."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = fresh(self.unknown(name), name)
        return found

    def unknown(self, name: str) -> Size:
        """A size of this statement that is not known yet, or what it has turned out to be."""
        return self._sizes.resolve(size(f"?{self._scope}:{name}"))

    @contextmanager
    def bound(self, names: Sequence[str], start: int) -> Generator[list[Index]]:
        """Letters that are bound by a sum, which begins at an offset: within it they are other ones than around it."""
        outer = {n: self._known.pop(n, None) for n in dict.fromkeys(names)}
        scope, self._scope = self._scope, f"{self._scope}/{start}.{'.'.join(names)}"
        made = [self.letter(n) for n in names]
        self._scope = scope
        try:
            yield made
        finally:
            for n, i in outer.items():
                if i is None:
                    del self._known[n]
                else:
                    self._known[n] = i

    def subscript(self, node: s.Node, extent: Size | None = None) -> Affine:
        """A subscript: an index letter or a whole number, counted from 1."""
        match node:
            case s.Symbol(name=name):
                i = self.letter(name)
                if extent is not None and not self._sizes.same(extent, i.size):
                    raise MisfitError(f"the letter {name} runs over {i.size} and over {extent}")
                return affine(i)
            case s.Number(value=v) if v.denominator == 1 and v >= 1:
                if extent is not None and extent.constant is not None and v > extent.constant:
                    raise MisfitError(f"there is no entry {v} of {extent}")
                return affine(int(v) - 1)
            case s.Group(items=(inner,)):
                return self.subscript(inner, extent)
            case s.Sum(terms=terms) if all(sign for sign, _ in terms):
                total = affine(-1)
                for sign, t in terms:
                    part = affine(int(t.value)) if isinstance(t, s.Number) else self.subscript(t) + 1
                    total = total + part.scaled(sign)
                return total
            case _:
                raise NotUnderstoodError("a subscript that is neither a letter nor a number")

    def places(self, subs: Sequence[s.Node], extents: Sequence[Size], of: str) -> list[Affine]:
        """The subscripts of an entry.

        Raises:
            NotUnderstoodError: there are not as many as axes.
        """
        if len(subs) != len(extents):
            raise NotUnderstoodError(f"{of} has {len(extents)} axes and {len(subs)} subscripts")
        return [self.subscript(n, e) for n, e in zip(subs, extents, strict=True)]

    def kronecker(self, a: s.Node, b: s.Node) -> Val:
        """δ of two subscripts."""
        left, right = self.subscript(a), self.subscript(b)
        i, j = left.index, right.index
        if i is not None and j is not None and not self._sizes.same(i.size, j.size):
            raise MisfitError(f"δ of letters that run over {i.size} and {j.size}")
        return Val(intern(Delta, left, right))
