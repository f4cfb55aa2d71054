"""Ways to undo a typical mistake: from a part of a wrong side to what may have been meant there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from chainrule.checker import syntax as s
from chainrule.checker.labels import bare, label_of
from chainrule.checker.parts import TEMPERATURES, Parts, shifted
from chainrule.checker.places import Place, places
from chainrule.checker.printed import written

Rank = Callable[[s.Node], "int | None"]


@dataclass(frozen=True)
class Edit:
    """A repair: the kind of mistake it undoes, the whole side after it, and what of the text it replaces by what."""

    kind: str
    old: s.Node
    new: s.Node
    whole: s.Node


@dataclass(frozen=True)
class Context:
    """What a repair may use. letters: the free indices of the claim; rank: how many axes a part has."""

    parts: Parts
    rank: Rank
    letters: tuple[str, ...]
    lines: frozenset[str]
    """Letters that count layers; then those that count time steps."""
    steps: frozenset[str]
    layered: Callable[[s.Scripted], bool]
    """Whether what stands above a symbol is a layer."""


def edits(side: s.Node, c: Context) -> Iterator[Edit]:
    """Everything that can be undone in one step."""
    yield from _everywhere(side, c)
    for p in places(side):
        for kind, new in _at(p, c):
            if p.inner and isinstance(new, s.Sum) and not isinstance(p.node, s.Sum):
                new = s.Group((new,))
            yield Edit(kind, p.node, new, p.put(new))


def _everywhere(side: s.Node, c: Context) -> Iterator[Edit]:
    """One symbol replaced by another wherever it stands, where that is more than once: z (1 − z) for a (1 − a)."""
    found: dict[str, list[s.Node]] = {}
    for p in places(side):
        if isinstance(p.node, (s.Symbol, s.Scripted)):
            found.setdefault(written(p.node), []).append(p.node)
    for same in found.values():
        if len(same) < 2:
            continue
        for other in _alike(same[0], c):
            whole = _substituted(side, written(same[0]), other)
            kind = _other_value(same[0], other, c)
            yield Edit("sigma-prime-argument" if kind == "other" else kind, side, whole, whole)


def _substituted(side: s.Node, old: str, new: s.Node) -> s.Node:
    for _ in range(20):
        hit = next(
            (p for p in places(side) if isinstance(p.node, (s.Symbol, s.Scripted)) and written(p.node) == old), None
        )
        if hit is None:
            break
        side = _unplaced(hit, new)
    return side


def _unplaced(hit: Place, new: s.Node) -> s.Node:
    """The whole with the new part; what is around it has no place of its own any more, so that it is written anew."""
    return _forget(hit.put(_Marked(new)))


class _Marked(s.Node):
    __slots__ = ("inner",)

    def __init__(self, inner: s.Node) -> None:
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "start", 0)
        object.__setattr__(self, "end", 0)


def _forget(node: s.Node) -> s.Node:
    """Nodes that hold a marked part lose their places; the mark is taken off."""
    if isinstance(node, _Marked):
        return node.inner  # type: ignore[no-any-return,attr-defined]
    if not any(isinstance(n, _Marked) for n in s.walk(node)):
        return node
    changed = {f: _forgotten(getattr(node, f)) for f in node.__dataclass_fields__ if f not in ("start", "end")}
    return replace(node, **changed, start=0, end=0)


def _forgotten(x: object) -> object:
    if isinstance(x, s.Node):
        return _forget(x)
    if isinstance(x, tuple):
        return tuple(_forgotten(y) for y in x)  # pyright: ignore[reportUnknownVariableType]
    return x


def _at(p: Place, c: Context) -> Iterator[tuple[str, s.Node]]:
    node = p.node
    match node:
        case s.Product():
            yield from _products(node, c)
        case s.Sum():
            yield from _sums(node)
        case s.Cases(rows=((a, x), (b, y))):
            yield "swapped-kronecker-cases", replace(node, rows=((b, x), (a, y)), start=0, end=0)
        case s.Quotient(over=a, under=b):
            yield "missing-factor", a
            yield "missing-factor", replace(node, over=b, under=a, start=0, end=0)
        case s.Number(value=v):
            for x in dict.fromkeys((-v, 2 * v, v / 2, v - 1, v + 1)):
                if x:
                    yield ("sign" if x == -v else "missing-factor"), _numeral(x)
        case s.Symbol() | s.Scripted():
            yield from _symbols(node, c)
            yield from _powers(node, c)
        case s.Transposed(body=body):
            yield "missing-transpose", body
        case s.BigOperator(body=body):
            yield "sum-not-collapsed", body
        case _:
            pass
    if isinstance(node, (s.Symbol, s.Scripted, s.Group, s.Derivative)) and c.rank(node) not in (0, None):
        yield "missing-transpose", s.Transposed(node)
    if isinstance(node, s.Call) and node.name == "diag" and len(node.args) == 1:
        for inner in _diagonal_only(node.args[0], c):
            yield "diagonal-only-jacobian", inner
    if p.term and not isinstance(node, s.Number):
        yield from _terms(node, c)


def _powers(node: s.Symbol | s.Scripted, c: Context) -> Iterator[tuple[str, s.Node]]:
    """The power that is one more or one less: h² for h, x² for x³."""
    if isinstance(node, s.Symbol):
        if c.rank(node) is not None:
            yield "other", s.Scripted(node, sup=s.Number(_whole(2)))
    elif isinstance(node.sup, s.Number) and not c.layered(node) and node.sup.value.denominator == 1:
        for n in (int(node.sup.value) - 1, int(node.sup.value) + 1):
            if n > 0:
                yield "other", replace(node, sup=None if n == 1 else s.Number(_whole(n)), start=0, end=0)


def _numeral(x: Fraction) -> s.Node:
    return s.Number(x) if x >= 0 else s.Sum(((-1, s.Number(-x)),))


def _products(node: s.Product, c: Context) -> Iterator[tuple[str, s.Node]]:
    f, signs = node.factors, node.signs
    for k, sign in enumerate(signs):
        before, after = f[:k], f[k + 2 :]
        a, b = f[k], f[k + 1]
        if sign == "odot":
            yield "hadamard-for-matmul", _product(f, (*signs[:k], "", *signs[k + 1 :]))
            if c.rank(b) == 1:
                yield (
                    "hadamard-for-matmul",
                    _product((*f[: k + 1], s.Transposed(b), *after), (*signs[:k], "", *signs[k + 1 :])),
                )
            if len(f) == 2 and c.rank(a) == 1:
                yield "hadamard-for-inner", s.Product((s.Transposed(a), b), ("",))
        elif _tensor(a, c) and _tensor(b, c):
            both = _inside(a), _inside(b)
            thin = all(c.rank(x) == 1 for x in both)
            kind = (
                "outer-inner"
                if thin and isinstance(a, s.Transposed) != isinstance(b, s.Transposed)
                else "swapped-factors"
            )
            yield kind, _product((*before, b, a, *after), signs)
            if kind == "outer-inner":  # aᵀ b for a bᵀ, and the other way round
                yield kind, _product((*before, _turned(a), _turned(b), *after), signs)
            yield "matmul-for-hadamard", _product(f, (*signs[:k], "odot", *signs[k + 1 :]))
            if isinstance(b, s.Transposed):
                yield "swapped-factors", _product((*before, b.body, _flipped(a), *after), signs)
            if isinstance(a, s.Transposed) and thin:
                yield (
                    "matmul-for-hadamard",
                    _product((*before, a.body, b, *after), (*signs[:k], "odot", *signs[k + 1 :])),
                )
        if isinstance(b, s.Group) and len(b.items) == 1:
            yield from _applied(node, k, c)
    for k in range(len(f)):
        rest = f[:k] + f[k + 1 :]
        kept = signs[:k] + signs[k + 1 :] if k < len(signs) else signs[:-1]
        if rest:
            yield "missing-factor", _product(rest, kept)
    for found in _diagonal_only(node, c):
        yield "diagonal-only-jacobian", found
    for k in range(len(f) - 1):
        if isinstance(f[k], s.Number) and f[k].value == 2 and c.rank(f[k + 1]) == 2:  # type: ignore[attr-defined]
            both = s.Group((s.Sum(((1, f[k + 1]), (1, s.Transposed(f[k + 1])))),))
            yield "assumed-symmetry", _product((*f[:k], both, *f[k + 2 :]), signs[:k] + signs[k + 1 :])


def _product(factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> s.Node:
    return factors[0] if len(factors) == 1 else s.Product(factors, signs)


def _tensor(n: s.Node, c: Context) -> bool:
    return c.rank(n) not in (0, None)


def _turned(x: s.Node) -> s.Node:
    """The transpose, without two of them on top of each other."""
    return x.body if isinstance(x, s.Transposed) else s.Transposed(x)


def _inside(n: s.Node) -> s.Node:
    return n.body if isinstance(n, s.Transposed) else n


def _flipped(n: s.Node) -> s.Node:
    return n.body if isinstance(n, s.Transposed) else s.Transposed(n)


def _applied(node: s.Product, k: int, c: Context) -> Iterator[tuple[str, s.Node]]:
    """σ′ of something else; σ in place of σ′."""
    f, group = node.factors[k], node.factors[k + 1]
    assert isinstance(group, s.Group)
    name = bare(replace(f, primes=0) if isinstance(f, s.Scripted) else f)
    if name is None or name[0] not in {x.name for x in c.parts.functions}:
        return
    if isinstance(f, s.Scripted) and f.primes:
        own = group.items[0]
        for new in _alike(own, c):
            inner = replace(group, items=(new,), start=0, end=0)
            yield "sigma-prime-argument", s.Product((*node.factors[: k + 1], inner, *node.factors[k + 2 :]), node.signs)
    elif isinstance(f, s.Symbol):
        primed = s.Scripted(f, primes=1)
        yield "dropped-sigma-prime", s.Product((*node.factors[:k], primed, *node.factors[k + 1 :]), node.signs)


def _alike(own: s.Node, c: Context) -> Iterator[s.Node]:
    """Symbols that may stand in the place of one, with its subscripts."""
    found = bare(own)
    if found is None:
        return
    _, subs, _, scripted = found
    for other in c.parts.whole:
        name = bare(other)
        if name is None or written(other) == written(own):
            continue
        if not subs or scripted is None:
            yield other
        else:
            yield s.Scripted(s.Symbol(name[0]), (*name[1], *subs), name[2], name[3].sup_bracket if name[3] else "")


def _sums(node: s.Sum) -> Iterator[tuple[str, s.Node]]:
    for k, (sign, t) in enumerate(node.terms):
        yield "sign", s.Sum((*node.terms[:k], (-sign, t), *node.terms[k + 1 :]))
    if len(node.terms) > 1:
        yield "sign", s.Sum(tuple((-sign, t) for sign, t in node.terms))
        for k in range(len(node.terms)):
            yield "dropped-term", s.Sum(node.terms[:k] + node.terms[k + 1 :])


def _symbols(node: s.Symbol | s.Scripted, c: Context) -> Iterator[tuple[str, s.Node]]:
    if isinstance(node, s.Scripted):
        yield from _labels(node, c)
        if len(node.subs) > 1:
            for k in range(len(node.subs) - 1):
                a, b = node.subs[k], node.subs[k + 1]
                yield "wrong-sum-index", replace(node, subs=(*node.subs[:k], b, a, *node.subs[k + 2 :]), start=0, end=0)
        for k, sub in enumerate(node.subs):
            if isinstance(sub, s.Symbol):
                for letter in c.letters:
                    if letter != sub.name:
                        new = (*node.subs[:k], s.Symbol(letter), *node.subs[k + 1 :])
                        yield "wrong-sum-index", replace(node, subs=new, start=0, end=0)
    for other in _alike(node, c):
        yield _other_value(node, other, c), other


def _labels(node: s.Scripted, c: Context) -> Iterator[tuple[str, s.Node]]:
    for d in (1, -1):
        moved = _moved(node.sup, d) if c.layered(node) else None
        if moved is not None:
            yield "layer-off-by-one", replace(node, sup=moved, start=0, end=0)
        for k, sub in enumerate(node.subs):
            label = label_of(sub)
            moved = _moved(sub, d)
            if moved is None or label is None:
                continue
            kind = "time-off-by-one" if label[0] in c.steps else "layer-off-by-one"
            yield kind, replace(node, subs=(*node.subs[:k], moved, *node.subs[k + 1 :]), start=0, end=0)


def _moved(node: s.Node | None, d: int) -> s.Node | None:
    label = label_of(node)
    if label is None:
        return None
    letter, n = label[0], label[1] + d
    if not letter:
        return s.Number(_whole(n)) if n >= 0 else None
    if not n:
        return s.Symbol(letter)
    return s.Sum(((1, s.Symbol(letter)), (1 if n > 0 else -1, s.Number(_whole(abs(n))))))


def _whole(n: int):  # type: ignore[no-untyped-def]
    from fractions import Fraction

    return Fraction(n)


def _other_value(node: s.Node, other: s.Node, c: Context) -> str:
    a, b = bare(node), bare(other)
    if a is None or b is None or a[0] != b[0]:
        return "other"
    labels = [label_of(x) for x in (*a[1], a[2], *b[1], b[2]) if x is not None]
    if any(x is not None and x[0] in c.steps for x in labels):
        return "time-off-by-one"
    if any(x is not None and (x[0] in c.lines or not x[0]) for x in labels):
        return "layer-off-by-one"
    return "stale-weight"


def _diagonal_only(node: s.Node, c: Context) -> Iterator[s.Node]:
    """p ⊙ (1 − p), in diag(…) or not: diag(p) − p pᵀ; p_i (1 − p_i): p_i (δ_ij − p_j)."""
    if not isinstance(node, s.Product):
        return
    f = node.factors
    for k in range(len(f) - 1):
        p, rest = f[k], f[k + 1]
        if not (isinstance(rest, s.Group) and len(rest.items) == 1 and isinstance(rest.items[0], s.Sum)):
            continue
        terms = rest.items[0].terms
        if len(terms) != 2 or terms[1][0] > 0 or written(terms[1][1]) != written(p):
            continue
        if isinstance(p, s.Scripted) and p.subs and isinstance(p.subs[-1], s.Symbol):
            i = p.subs[-1].name
            for j in c.letters:
                if j != i:
                    delta = s.Scripted(s.Symbol("delta"), (s.Symbol(i), s.Symbol(j)))
                    other = replace(p, subs=(*p.subs[:-1], s.Symbol(j)), start=0, end=0)
                    inner = s.Group((s.Sum(((1, delta), (-1, other))),))
                    yield _product((*f[: k + 1], inner, *f[k + 2 :]), node.signs)
        elif c.rank(p) == 1:
            difference = s.Sum(((1, s.Call("diag", (p,))), (-1, s.Product((p, s.Transposed(p)), ("",)))))
            whole = s.Group((difference,)) if len(f) > 2 else difference
            yield _product((*f[:k], whole, *f[k + 2 :]), (*node.signs[:k], *node.signs[k + 1 :]))


def _terms(node: s.Node, c: Context) -> Iterator[tuple[str, s.Node]]:
    """What may be missing about a whole term: a sign, a factor, a slope, a sum, another term."""
    yield "sign", s.Sum(((-1, _bracketed(node)),))
    core = node.factors if isinstance(node, s.Product) else (_bracketed(node),)
    signs = node.signs if isinstance(node, s.Product) else ()
    for x in (s.Number(_whole(2)), s.Quotient(s.Number(_whole(1)), s.Number(_whole(2)))):
        yield "missing-factor", s.Product((x, *core), ("", *signs))
    for x in c.parts.scalars:
        under = s.Quotient(s.Number(_whole(1)), x)
        name = bare(x)
        warm = c.parts.temperature or (name is not None and name[0] in TEMPERATURES)
        yield ("forgot-temperature" if warm else "missing-factor"), s.Product((under, *core), ("", *signs))
        yield "missing-factor", s.Product((x, *core), ("", *signs))
    for x in c.parts.factors:
        yield "missing-factor", s.Product((x, *core), ("", *signs))
    group = node if isinstance(node, (s.Symbol, s.Scripted, s.Group)) else s.Group((node,))
    for slope in _slopes(c):
        yield "dropped-sigma-prime", s.Product((group, slope), ("odot",))
    for slope in _slope_entries(c):
        yield "dropped-sigma-prime", s.Product((*core, *_flat(slope)), (*signs, *("",) * len(_flat(slope))))
    yield from _missing_factors(node, core, signs, c)
    for letter in c.letters:
        yield "dropped-sum", s.BigOperator("sum", (s.Symbol(letter),), None, None, _bracketed(node))
    ones = s.Symbol("1", upright=True)
    if c.rank(node) == 2:
        yield "bias-not-summed", s.Product((s.Transposed(group), ones), ("",))
        yield "bias-not-summed", s.Product((group, ones), ("",))
    for t in c.parts.terms:
        for sign in (1, -1):
            if written(t) != written(node):
                yield "dropped-term", s.Sum(((1, node), (sign, t)))
    if not c.letters:
        for x in c.parts.whole:
            for sign in (1, -1):
                yield "dropped-term", s.Sum(((1, node), (sign, x)))
                for scale in c.parts.scalars:
                    yield "dropped-term", s.Sum(((1, node), (sign, s.Product((scale, x), ("",)))))


def _missing_factors(
    node: s.Node, core: tuple[s.Node, ...], signs: tuple[str, ...], c: Context
) -> Iterator[tuple[str, s.Node]]:
    if not c.letters:
        for x in c.parts.whole:
            yield "dropped-input", s.Product((*core, s.Transposed(x)), (*signs, ""))
            yield "dropped-input", s.Product((*core, x), (*signs, ""))
            yield "dropped-input", s.Product((s.Transposed(x), *core), ("", *signs))
            yield "forgot-outer-derivative", s.Product((x, *core), ("", *signs))
            yield "forgot-outer-derivative", s.Product((x, *core), ("odot", *signs))
        for x in c.parts.derivatives:
            yield "forgot-outer-derivative", s.Product((x, *core), ("", *signs))
            yield "forgot-outer-derivative", s.Product((*core, x), (*signs, ""))
    else:
        for x in c.parts.entries:
            yield "dropped-input", s.Product((*core, x), (*signs, ""))
        for x in c.parts.derivatives:
            yield "forgot-outer-derivative", s.Product((x, *core), ("", *signs))
    del node


def _flat(slope: s.Node) -> tuple[s.Node, ...]:
    return slope.factors if isinstance(slope, s.Product) else (slope,)


def _slopes(c: Context) -> Iterator[s.Node]:
    """Slopes of activations as they occur, and σ′ of all that σ might have been taken of."""
    if c.letters:
        return
    yield from c.parts.slopes
    for slope in c.parts.slopes:
        for by in (-1, 1):
            new = shifted(slope, c.lines | c.steps, by)
            if written(new) != written(slope):
                yield new
    for f in c.parts.functions:
        for x in c.parts.whole:
            yield s.Product((s.Scripted(f, primes=1), s.Group((x,))), ("",))


def _slope_entries(c: Context) -> Iterator[s.Node]:
    if not c.letters:
        return
    yield from c.parts.slopes
    for f in c.parts.functions:
        for x in c.parts.entries:
            yield s.Product((s.Scripted(f, primes=1), s.Group((x,))), ("",))
        for x in c.parts.whole:
            name = bare(x)
            if name is None:
                continue
            for letter in c.letters:
                entry = s.Scripted(
                    s.Symbol(name[0]), (*name[1], s.Symbol(letter)), name[2], name[3].sup_bracket if name[3] else ""
                )
                yield s.Product((s.Scripted(f, primes=1), s.Group((entry,))), ("",))


def _bracketed(node: s.Node) -> s.Node:
    return s.Group((node,)) if isinstance(node, s.Sum) else node
