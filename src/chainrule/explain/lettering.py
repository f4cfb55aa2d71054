"""Letters for the indices of a derivation: one index keeps its letter from line to line, and no letter means two."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from chainrule.core.expr import Access, Array, Expr, Partial, Sum
from chainrule.core.graph import below
from chainrule.core.index import Index
from chainrule.notation.naming import subscripts

LETTERS = "ijklmnpqrstuvw"


class Letters:
    """Gives letters line by line; `taken` are the names that mean something else."""

    def __init__(self, taken: Collection[str]) -> None:
        self.taken = frozenset(taken)
        self.known: dict[Index, str] = {}
        self.own: dict[Index, str] = {}

    def keep(self, indices: Collection[Index]) -> None:
        """The letters of these indices, the result's, are theirs alone from now on."""
        self.own = {i: self.known[i] for i in indices if i in self.known}

    def line(self, *formulas: Expr) -> dict[Index, str]:
        """The letters for formulas that are read together."""
        rivals = _rivals(formulas)
        reserved = self.taken | set(self.own.values())
        out: dict[Index, str] = {}
        for i in sorted(rivals, key=lambda i: i not in self.known):  # stable: what is known keeps its letter
            used = {out[j] for j in rivals[i] if j in out}
            known = self.known.get(i)
            if known is None or known in used or (known in reserved and i not in self.own):
                later = {self.known[j] for j in rivals[i] if j in self.known}
                known = next(c for c in _candidates(i.hint) if c not in used | later and c not in reserved)
            out[i] = known
            self.known.setdefault(i, known)
        return out


def _candidates(hint: str) -> Iterator[str]:
    start = max(LETTERS.find(hint), 0)
    yield from LETTERS[start:]
    yield from LETTERS
    n = 1
    while True:
        yield f"{LETTERS[start]}{n}"
        n += 1


def _rivals(formulas: Sequence[Expr]) -> Mapping[Index, set[Index]]:
    """For each index, those that need another letter: what is free everywhere, and what a sum and its body share."""
    inside: dict[Expr, frozenset[Index]] = {}
    out: dict[Index, set[Index]] = {}

    def together(some: Collection[Index], others: Collection[Index]) -> None:
        for i in some:
            out.setdefault(i, set()).update(j for j in others if j is not i)
            for j in others:
                if j is not i:
                    out.setdefault(j, set()).add(i)

    free = frozenset[Index]().union(*(f.free for f in formulas))
    for e in parts(formulas):
        found = frozenset[Index]().union(*(inside[k] for k in _kids(e)), *(s.free for s in subscripts(e)))
        match e:
            case Sum(index=k):
                found |= {k}
                together((k,), found)
            case Array(indices=ix):
                found |= frozenset(ix)
                together(ix, found)
            case Partial(of=of, by=by):
                together(inside[by], inside[of])
            case _:
                pass
        inside[e] = found
    every = frozenset[Index]().union(*(inside[f] for f in formulas))
    ordered: dict[Index, set[Index]] = {}
    together(tuple(free), every)
    for i in sorted(every, key=lambda i: (i not in free, i.uid)):
        ordered[i] = out.get(i, set())
    return ordered


def _kids(e: Expr) -> tuple[Expr, ...]:
    """What is directly below, not looking into tensors: their bound indices are their own."""
    if isinstance(e, Access) and not e.tensor.free:
        return tuple(k for k in below(e) if k is not e.tensor)
    return below(e) if e.free or isinstance(e, (Sum, Partial)) or not e.shape else ()


def parts(formulas: Sequence[Expr]) -> list[Expr]:
    """Every part of the formulas once, parts before wholes."""
    out: dict[Expr, None] = {}
    stack: list[tuple[Expr, bool]] = [(f, False) for f in reversed(formulas)]
    while stack:
        e, done = stack.pop()
        if done:
            out[e] = None
        elif e not in out:
            stack.append((e, True))
            stack += [(k, False) for k in reversed(_kids(e)) if k not in out]
    return list(out)
