"""Sizes read from arrays: which axis tells which size, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chainrule.core.expr import Var
from chainrule.core.size import ONE, ZERO, Size, size as as_size


@dataclass(frozen=True, slots=True)
class Source:
    """A size is (extent of `axis` of `var` − rest) / factor; `rest` and `factor` hold sizes that are known before."""

    var: Var
    axis: int
    rest: Size
    factor: Size

    @property
    def plain(self) -> bool:
        return self.rest is ZERO and self.factor is ONE


def sources(variables: Sequence[Var]) -> dict[str, Source]:
    """Where each size that the arrays tell comes from, in an order in which they can be worked out."""
    out: dict[str, Source] = {}
    dims = [(v, k, n) for v in variables for k, n in enumerate(v.shape)]
    for v, k, n in dims:
        if len(n.terms) == 1 and n is as_size(min(n.names, default="")) and min(n.names) not in out:
            out[min(n.names)] = Source(v, k, ZERO, ONE)
    changed = True
    while changed:
        changed = False
        for v, k, n in dims:
            unknown = n.names - out.keys()
            if len(unknown) == 1 and (found := _linear(n, min(unknown))) is not None:
                out[min(unknown)] = Source(v, k, *found)
                changed = True
    return out


def _linear(n: Size, name: str) -> tuple[Size, Size] | None:
    """`n` as rest + factor · name."""
    rest, factor = ZERO, ZERO
    for mono, c in n.terms:
        product = as_size(c)
        times = 0
        for atom in mono:
            if atom == name:
                times += 1
            elif isinstance(atom, str):
                product = product * as_size(atom)
            elif name in atom.numerator.names | atom.denominator.names:
                return None
            else:
                product = product * (atom.numerator // atom.denominator)
        if times > 1:
            return None
        if times:
            factor = factor + product
        else:
            rest = rest + product
    return (rest, factor) if factor is not ZERO else None


def solve(
    found: Mapping[str, Source], shapes: Mapping[Var, tuple[int, ...]], known: Mapping[str, int]
) -> dict[str, int]:
    """The sizes, from the shapes of arrays; those that are given stay."""
    out = dict(known)
    for name, s in found.items():
        if name not in out:
            extent, rest, factor = shapes[s.var][s.axis], s.rest.evaluate(out), s.factor.evaluate(out)
            out[name] = (extent - rest) // factor if factor else 0
    return out
