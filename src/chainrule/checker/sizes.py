"""Sizes of axes, of which some are not known yet and become one with what they meet."""

from __future__ import annotations

from chainrule.core.size import Size


class Sizes:
    """A size is not known yet where its name begins with ?."""

    def __init__(self) -> None:
        self._bound: dict[str, Size] = {}

    def resolve(self, s: Size) -> Size:
        """The size with all that is known put in."""
        while any(n in self._bound for n in s.names):
            s = s.substitute(self._bound)
        return s

    def same(self, a: Size, b: Size) -> bool:
        """Whether two sizes are one; from now on they are, if one of them was not known."""
        a, b = self.resolve(a), self.resolve(b)
        if a is b:
            return True
        for x, y in ((a, b), (b, a)):
            name = str(x)
            if name.startswith("?") and name in x.names and name not in y.names:
                self._bound[name] = y
                return True
        return False

    def same_already(self, a: Size, b: Size) -> bool:
        """Whether two sizes are known to be one."""
        return self.resolve(a) is self.resolve(b)

    @property
    def learnt(self) -> int:
        """How many sizes have become known."""
        return len(self._bound)

    def known(self, s: Size) -> bool:
        """Whether nothing in it is unknown."""
        return not any(n.startswith("?") for n in self.resolve(s).names)

    def settle(self, sizes: dict[str, int]) -> dict[str, int]:
        """Lengths for all names, those of sizes that became one made one."""
        out = dict(sizes)
        for name, bound in self._bound.items():
            if name in out:
                s = self.resolve(bound)
                for n in s.names:
                    out.setdefault(n, 2 + len(out) % 3)
                out[name] = s.evaluate(out)
        return out
