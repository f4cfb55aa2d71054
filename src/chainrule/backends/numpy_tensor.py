"""Tensors made from index expressions: contractions where they can be, scatters where a δ places entries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.backends.bounds import inside
from chainrule.backends.deltas import guard, sift, solve
from chainrule.backends.numpy_reads import align, clamped, subscript
from chainrule.backends.numpy_terms import Grid, Labels, Term, ordered, substitute
from chainrule.backends.numpy_values import contract, total
from chainrule.backends.plan import ATOM, Code
from chainrule.core.expr import Shape
from chainrule.core.index import Affine, Index, affine

if TYPE_CHECKING:
    from chainrule.backends.numpy_code import Emitter, Value

Places = dict[Index, Affine]


def tensor(em: Emitter, terms: tuple[Term, ...], indices: Labels) -> Value:
    """The array whose entries at `indices` are a sum of terms."""
    dense: list[Grid] = []
    placed: list[tuple[Term, Places]] = []
    for t in terms:
        sifted = sift(t, indices)
        if sifted is None:
            continue
        rest, places = place(sifted, indices)
        if places:
            placed.append((rest, places))
        else:
            dense.append(contract(em, sifted, want=indices))
    shape = tuple(i.size for i in indices)
    if placed and not dense and (diagonal := _diagonal(em, placed, indices)) is not None:
        return diagonal
    code, _ = total(em, dense, indices)
    if not placed:
        return Code(code.text, code.binds, code.actual, code.weak)
    return _scatter(em, Code(code.text, code.binds, code.actual), placed, indices, shape)


def place(t: Term, indices: Labels) -> tuple[Term, Places]:
    """δ that tie an index of the result to the others say where the entries of the term go."""
    places: Places = {}
    while True:
        found = None
        for k, (a, b) in enumerate(t.deltas):
            for i in reversed(indices):
                v = solve(a, b, i) if i in a.free | b.free else None
                if v is not None and (found is None or len(v.terms) < len(found[2].terms)):
                    found = (k, i, v)
        if found is None:
            return t, places
        k, i, v = found
        t = substitute(replace(t, deltas=t.deltas[:k] + t.deltas[k + 1 :]), {i: v})
        t = guard(t, v, i.size)
        places = {j: s.at({i: v}) for j, s in places.items()} | {i: v}


def _diagonal(em: Emitter, placed: list[tuple[Term, Places]], indices: Labels) -> Value | None:
    """A matrix with entries on its diagonal alone, as its diagonal."""
    from chainrule.backends.numpy_code import Chain, Factor

    if len(indices) != 2 or indices[0].size is not indices[1].size:
        return None
    i, j = indices
    parts: list[Grid] = []
    for t, places in placed:
        if list(places) != [j] or places[j].index is not i or t.deltas:
            return None
        parts.append(contract(em, t))
    code, _ = total(em, parts, (i,))
    if not code.actual and code.text != "1":
        code = em.stretch(code, (i.size,))
    return Chain((Factor("diagonal", em.program.let(code), True, True, i.size, i.size),))


def _scatter(em: Emitter, code: Code, placed: list[tuple[Term, Places]], indices: Labels, shape: Shape) -> Code:
    full = em.program.shape(shape)
    if code.text == "0":
        start = f"np.zeros({full}, {em.dtype})"
    elif code.actual == shape:
        start = f"np.array({code.text})"
    else:
        start = f"np.array(np.broadcast_to({code.text}, {full}), {em.dtype})"
    name = em.program.fresh("t")
    em.program.define(name, start, shape)
    for t, places in placed:
        em.program.change(name, _add(em, name, t, places, indices))
    return Code(name, ATOM, shape)


def _add(em: Emitter, name: str, t: Term, places: Places, indices: Labels) -> str:
    moved = ordered(i for s in places.values() for i in s.free)
    bound = [i for i in moved if i in t.bound]
    own = tuple(i for i in indices if i not in places)
    plain = tuple(i for i in own if i not in moved)
    # axes that are only read straight through stay slices, unless they would stand between the others
    target = _order(indices, places, moved, plain)
    sliced = target is not None
    if target is None:
        target = ordered((*moved, *plain))
        subs_over = target
    else:
        subs_over = moved
    code, labels = contract(em, t, keep=bound, want=target)
    parts: list[str] = []
    for i in indices:
        if i in places:
            parts.append(clamped(em, places[i], i.size, subs_over).text)
        elif sliced and i in plain:
            parts.append(":")
        else:
            parts.append(subscript(em, affine(i), subs_over).text)
    value = align(em, (code, labels), target).text
    where = f"{', '.join(parts)}"
    safe = not bound and all(inside(s, i.size) for i, s in places.items())
    if safe:
        return f"{name}[{where}] += {value}"
    subs = ", ".join("slice(None)" if p == ":" else p for p in parts)
    return f"np.add.at({name}, ({subs}{',' if len(parts) == 1 else ''}), {value})"


def _order(indices: Labels, places: Places, moved: Labels, plain: Labels) -> Labels | None:
    """The labels of an indexed array in NumPy's order, where its advanced subscripts stand together."""
    advanced = [k for k, i in enumerate(indices) if i not in plain]
    if not advanced:
        return None
    if advanced != list(range(advanced[0], advanced[-1] + 1)):
        return (*moved, *plain)  # apart: NumPy puts them first
    before = tuple(i for i in indices[: advanced[0]])
    after = tuple(i for i in indices[advanced[-1] + 1 :])
    return (*before, *moved, *after)
