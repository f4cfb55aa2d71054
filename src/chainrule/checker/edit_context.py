"""What a repair may use: the parts of the document, the letters of the claim, and what is known of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chainrule.checker import syntax as s
from chainrule.checker.labels import bare, label_of
from chainrule.checker.parts import Parts, shifted
from chainrule.checker.printed import written

Rank = Callable[[s.Node], "int | None"]


@dataclass(frozen=True)
class Context:
    """letters: the free indices of the claim; rank: how many axes a part has, None where that is not known."""

    parts: Parts
    rank: Rank
    letters: tuple[str, ...]
    lines: frozenset[str]
    """Letters that count layers; then those that count time steps."""
    steps: frozenset[str]
    layered: Callable[[s.Scripted], bool]
    """Whether what stands above a symbol is a layer."""

    def is_tensor(self, node: s.Node) -> bool:
        """Whether a part is known to be a vector or more."""
        return self.rank(node) not in (0, None)

    def alike(self, own: s.Node) -> Iterator[s.Node]:
        """Symbols that may stand in the place of one, with its subscripts."""
        found = bare(own)
        if found is None:
            return
        _, subs, _, scripted = found
        for other in self.parts.whole:
            if bare(other) is None or written(other) == written(own):
                continue
            if not subs or scripted is None:
                yield other
            else:
                yield entry(other, subs)

    def confusion(self, node: s.Node, other: s.Node) -> str:
        """The kind of mistake that takes the one symbol for the other."""
        a, b = bare(node), bare(other)
        if a is None or b is None or a[0] != b[0]:
            return "other"
        labels = [label_of(x) for x in (*a[1], a[2], *b[1], b[2]) if x is not None]
        if any(x is not None and x[0] in self.steps for x in labels):
            return "time-off-by-one"
        if any(x is not None and (x[0] in self.lines or not x[0]) for x in labels):
            return "layer-off-by-one"
        return "stale-weight"

    def slopes(self) -> Iterator[s.Node]:
        """Slopes of activations as they occur, those of the layers beside, and σ′ of all that σ might be taken of."""
        yield from self.parts.slopes
        for slope in self.parts.slopes:
            for by in (-1, 1):
                new = shifted(slope, self.lines | self.steps, by)
                if written(new) != written(slope):
                    yield new
        for f in self.parts.functions:
            for x in self.parts.whole:
                yield _slope(f, x)

    def slope_entries(self) -> Iterator[s.Node]:
        """The same, entry by entry."""
        yield from self.parts.slopes
        for f in self.parts.functions:
            for x in self.parts.entries:
                yield _slope(f, x)
            for x in self.parts.whole:
                if bare(x) is not None:
                    for letter in self.letters:
                        yield _slope(f, entry(x, (s.Symbol(letter),)))


def entry(symbol: s.Node, subs: tuple[s.Node, ...]) -> s.Node:
    """The entry of a symbol, which may have labels below and above it."""
    found = bare(symbol)
    assert found is not None
    name, labels, sup, scripted = found
    return s.Scripted(s.Symbol(name), (*labels, *subs), sup, scripted.sup_bracket if scripted else "")


def _slope(f: s.Symbol, x: s.Node) -> s.Node:
    """σ′(x)."""
    return s.Product((s.Scripted(f, primes=1), s.Group((x,))), ("",))
