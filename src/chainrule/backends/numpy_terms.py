"""Terms of index expressions and their values: gathers, masks, contractions, scatters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from chainrule.backends.plan import ADD, ATOM, COMPARE, MUL, POW, Code
from chainrule.core.expr import Expr, Shape
from chainrule.core.expr import at as at_index
from chainrule.core.index import Affine, Index, IndexAtom, Lookup, Quotient, Remainder, affine, fresh, lookup
from chainrule.core.size import ONE, Monomial, Size, size

if TYPE_CHECKING:
    from chainrule.backends.numpy_code import Emitter

Labels: TypeAlias = "tuple[Index, ...]"
Grid: TypeAlias = "tuple[Code, Labels]"


@dataclass(frozen=True, slots=True)
class Read:
    """The entry of an array in memory at subscripts; the sizes of its axes are `code.actual`."""

    code: Code
    subs: tuple[Affine, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """The value of an open expression, worked out when its indices are settled."""

    expr: Expr

    @property
    def subs(self) -> tuple[Affine, ...]:
        return tuple(affine(i) for i in ordered(self.expr.free))


@dataclass(frozen=True, slots=True)
class Term:
    """Σ over `bound` of scale · Π reads · Π δ · Π [mask ≥ 0]."""

    reads: tuple[Read | Call, ...] = ()
    deltas: tuple[tuple[Affine, Affine], ...] = ()
    masks: tuple[Affine, ...] = ()
    bound: tuple[Index, ...] = ()
    scale: tuple[tuple[str, Code], ...] = ()

    def times(self, kind: str, code: Code) -> Term:
        return replace(self, scale=(*self.scale, (kind, code)))

    @property
    def subscripts(self) -> Iterable[Affine]:
        yield from (s for r in self.reads for s in r.subs)
        yield from (s for d in self.deltas for s in d)
        yield from self.masks

    @property
    def labels(self) -> frozenset[Index]:
        """Its free indices."""
        return frozenset(i for s in self.subscripts for i in s.free) - frozenset(self.bound)


def ordered(indices: Iterable[Index]) -> Labels:
    """Indices in the order in which they were made: the same on every run."""
    return tuple(sorted(set(indices), key=lambda i: i.uid))


def union(groups: Iterable[Labels]) -> Labels:
    """All labels, in order of first appearance."""
    return tuple(dict.fromkeys(i for g in groups for i in g))


def lookups(s: Affine) -> Iterable[Expr]:
    """The entries that a subscript reads."""
    for atom, _ in s.terms:
        match atom:
            case Lookup(e):
                yield e
            case Quotient(v, _) | Remainder(v, _):
                yield from lookups(v)
            case _:
                pass


def put(s: Affine, values: dict[Index, Affine]) -> Affine:
    """A subscript with indices replaced, inside lookups too."""
    return s.at(values, {e: at_index(e, values) for e in lookups(s)})


def substitute(t: Term, values: dict[Index, Affine]) -> Term:
    """A term with indices replaced everywhere but among the bound ones."""
    return replace(
        t,
        reads=tuple(
            Call(at_index(r.expr, values)) if isinstance(r, Call) else Read(r.code, tuple(put(s, values) for s in r.subs))
            for r in t.reads
        ),
        deltas=tuple((put(a, values), put(b, values)) for a, b in t.deltas),
        masks=tuple(put(m, values) for m in t.masks),
    )


def product(a: Term, b: Term) -> Term:
    """The product of two terms; bound indices that both have, or that one has free, are renamed."""
    clash = [i for i in b.bound if i in a.bound or i in a.labels]
    b = _renamed(b, clash)
    a = _renamed(a, [i for i in a.bound if i in b.labels])
    return Term(
        a.reads + b.reads, a.deltas + b.deltas, a.masks + b.masks, a.bound + b.bound, a.scale + b.scale
    )


def _renamed(t: Term, clash: Iterable[Index]) -> Term:
    new = {i: fresh(i.size, i.hint) for i in clash}
    if not new:
        return t
    t = substitute(t, {i: affine(j) for i, j in new.items()})
    return replace(t, bound=tuple(new.get(i, i) for i in t.bound))


# --- what is certain about subscripts -----------------------------------------------------------------------------


def surely(s: Size) -> bool:
    """Whether a size is certainly not negative, all named sizes being at least 1."""
    if all(c >= 0 for _, c in s.terms):
        return True
    shifted = s.substitute({n: size(n) + 1 for n in s.names})
    return all(c >= 0 for _, c in shifted.terms)


def extent(s: Affine) -> tuple[Size, Size] | None:
    """The least and the greatest value of a subscript, where they can be told."""
    low = high = s.constant
    for atom, c in s.terms:
        top = _top(atom)
        if top is None:
            return None
        if surely(c):
            high = high + c * top
        elif surely(c * -1):
            low = low + c * top
        else:
            return None
    return low, high


def _top(atom: object) -> Size | None:
    match atom:
        case Index():
            return atom.size - 1
        case Remainder(_, d):
            return d - 1
        case Quotient(v, d):
            inner = extent(v)
            if inner is None or not surely(inner[0]):
                return None
            q = (inner[1] + 1).divide(d)
            return q - 1 if q is not None else None
        case Lookup(e):
            bound = getattr(getattr(e, "tensor", e), "index_size", None)
            return bound - 1 if bound is not None else None
        case _:
            return None


def inside(s: Affine, n: Size) -> bool:
    """Whether 0 ≤ s < n is certain."""
    r = extent(s)
    return r is not None and surely(r[0]) and surely(n - 1 - r[1])


# --- δ ------------------------------------------------------------------------------------------------------------


def _single(atom: IndexAtom, c: Size) -> Affine:
    """c · atom, as it stands in a subscript."""
    match atom:
        case Index():
            return affine(atom).scaled(c)
        case Lookup(e):
            return lookup(e).scaled(c)
        case Quotient(v, d):
            return (v // d).scaled(c)
        case Remainder(v, d):
            return (v % d).scaled(c)


def _monomial(mono: Monomial, c: int) -> Size:
    return _product_of(mono) * c


def _product_of(mono: Monomial) -> Size:
    out = ONE
    for atom in mono:
        out = out * (size(atom) if isinstance(atom, str) else atom.numerator // atom.denominator)
    return out


def solve(a: Affine, b: Affine, i: Index) -> Affine | None:
    """The value of `i` that makes two subscripts equal, where it is a subscript again."""
    d = a - b
    c = dict(d.terms).get(i)
    if c is None or c.constant not in (1, -1):
        return None
    rest = d - affine(i).scaled(c)
    if i in rest.free:
        return None
    return rest.scaled(-1) if c.constant == 1 else rest


def sift(t: Term, out: Labels = ()) -> Term | None:
    """A term without the δ that bound indices can absorb; None where it is certainly zero.

    `out` are indices of a result in memory: a δ with one of them may stay, to say where entries go.
    """
    t = _split_digits(_unsifted(t))
    while True:
        new = _sift_once(t, out)
        if new is None:
            return None
        if new is t:
            return replace(t, masks=tuple(m for m in t.masks if not _certain(m)))
        t = new


def _certain(mask: Affine) -> bool:
    r = extent(mask)
    return r is not None and surely(r[0])


def _unsifted(t: Term) -> Term:
    """a[s] [0 ≤ s < n] with a difference s is Σ_d δ(d, s) a[d] again, so that the best index may be eliminated."""
    for k, r in enumerate(t.reads):
        if isinstance(r, Call):
            continue
        for axis, (s, n) in enumerate(zip(r.subs, r.code.actual, strict=True)):
            if len(s.terms) < 2 or _forward(s) or inside(s, n) or not _guarded(t, s, n):
                continue
            d = fresh(n, "d")
            subs = (*r.subs[:axis], affine(d), *r.subs[axis + 1 :])
            guards = (s, affine(n - 1) - s)
            t = replace(
                t,
                reads=(*t.reads[:k], Read(r.code, subs), *t.reads[k + 1 :]),
                deltas=(*t.deltas, (affine(d), s)),
                masks=tuple(m for m in t.masks if m not in guards),
                bound=(*t.bound, d),
            )
            return _unsifted(t)
    return t


def _forward(s: Affine) -> bool:
    """Whether a subscript goes up with each of its indices, as a window's does: stride · t + d."""
    return all(surely(c) for _, c in s.terms)


def _guarded(t: Term, s: Affine, n: Size) -> bool:
    r = extent(s)
    if r is None:
        return False
    return (surely(r[0]) or s in t.masks) and (surely(n - 1 - r[1]) or affine(n - 1) - s in t.masks)


def _split_digits(t: Term) -> Term:
    """A bound index that is read by its digits ⌊i/d⌋ and i mod d becomes these two."""
    for i in t.bound:
        divisors = {d for s in t.subscripts for d in _divisors(s, i)}
        if len(divisors) != 1:
            continue
        (d,) = divisors
        q = i.size.divide(d)
        if q is None:
            continue
        high, low = fresh(q, i.hint), fresh(d, i.hint)
        bound = tuple(x for j in t.bound for x in ((high, low) if j is i else (j,)))
        return _split_digits(substitute(replace(t, bound=bound), {i: affine(high).scaled(d) + low}))
    return t


def _divisors(s: Affine, i: Index) -> Iterable[Size]:
    for atom, _ in s.terms:
        if isinstance(atom, (Quotient, Remainder)) and atom.value.index is i:
            yield atom.divisor


def _sift_once(t: Term, out: Labels) -> Term | None:
    for k, (a, b) in enumerate(t.deltas):
        rest = replace(t, deltas=t.deltas[:k] + t.deltas[k + 1 :])
        d = a - b
        if not d.terms:
            if d.constant.constant is not None:
                return rest if d.constant.constant == 0 else None
            return replace(rest, masks=(*rest.masks, d, d.scaled(-1)))
        found = [(i, v) for i in t.bound if i in d.free and (v := solve(a, b, i)) is not None]
        if any((v := solve(a, b, o)) is not None and _forward(v) for o in out):
            # placing entries beats a gather over a wide difference
            found = [(i, v) for i, v in found if _forward(v) or len(i.size.terms) > 1]
        if not found:
            continue
        i, v = max(found, key=lambda f: (inside(f[1], f[0].size), _forward(f[1]), len(f[0].size.terms)))
        rest = substitute(replace(rest, bound=tuple(j for j in t.bound if j is not i)), {i: v})
        return guard(rest, v, i.size)
    return _join_digits(t)


def guard(t: Term, v: Affine, n: Size) -> Term:
    """A term that is zero unless 0 ≤ v < n."""
    if inside(v, n):
        return t
    r = extent(v)
    low = () if r is not None and surely(r[0]) else (v,)
    high = () if r is not None and surely(n - 1 - r[1]) else (affine(n - 1) - v,)
    return replace(t, masks=t.masks + low + high)


def _join_digits(t: Term) -> Term:
    """δ(a, ⌊k/d⌋) δ(b, k mod d) under Σ_k is k = a·d + b."""
    quotients = [(k, *q) for k, d in enumerate(t.deltas) if (q := _digit(d, Quotient)) is not None]
    remainders = [(k, *r) for k, d in enumerate(t.deltas) if (r := _digit(d, Remainder)) is not None]
    for k1, i, d, a in quotients:
        for k2, j, d2, b in remainders:
            if i is j and d is d2 and i in t.bound and i not in a.free | b.free:
                v = a.scaled(d) + b
                rest = replace(
                    t,
                    deltas=tuple(x for k, x in enumerate(t.deltas) if k not in (k1, k2)),
                    bound=tuple(x for x in t.bound if x is not i),
                )
                return guard(guard(substitute(rest, {i: v}), v, i.size), b, d)
    return t


def _digit(delta: tuple[Affine, Affine], kind: type) -> tuple[Index, Size, Affine] | None:
    for one, other in (delta, delta[::-1]):
        if len(one.terms) == 1 and one.constant.constant == 0 and one.terms[0][1] is ONE:
            atom = one.terms[0][0]
            if isinstance(atom, kind) and isinstance(atom, (Quotient, Remainder)) and atom.value.index is not None:
                return atom.value.index, atom.divisor, other
    return None


# --- code for subscripts and reads ----------------------------------------------------------------------------------


def subscript(em: Emitter, s: Affine, labels: Labels) -> Code:
    """A subscript as an array of whole numbers over the labels."""
    parts: list[str] = []
    for atom, c in s.terms:
        code = _atom(em, atom, labels)
        if c.constant == -1 or c is ONE:
            text = code.at(MUL if c is ONE else POW)
        else:
            text = f"{em.program.size(c, MUL)} * {code.at(POW)}"
        sign = "-" if c.constant == -1 else "+"
        parts.append(f" {sign} {text}" if parts else ("-" if sign == "-" else "") + text)
    k = s.constant
    if k.constant != 0 or not parts:
        negative = parts and k.constant is not None and k.constant < 0
        parts.append(f" {'-' if negative else '+'} {em.program.size(k * -1 if negative else k)}" if parts else em.program.size(k))
    single = len(parts) == 1 and " " not in parts[0] and not parts[0].startswith("-")
    return Code("".join(parts), ATOM if single else ADD)


def _atom(em: Emitter, atom: object, labels: Labels) -> Code:
    match atom:
        case Index():
            tail = len(labels) - 1 - labels.index(atom)
            tail_text = f"[:{', None' * tail}]" if tail else ""
            return em.program.let(Code(f"np.arange({em.program.size(atom.size)}){tail_text}"), spelled(atom))
        case Quotient(v, d):
            return Code(f"{subscript(em, v, labels).at(MUL)} // {em.program.size(d, ATOM)}", MUL)
        case Remainder(v, d):
            return Code(f"{subscript(em, v, labels).at(MUL)} % {em.program.size(d, ATOM)}", MUL)
        case Lookup(e):
            return align(em, grid(em, em.index.terms(e)), labels)
        case _:
            raise AssertionError(atom)


def spelled(i: Index) -> str:
    return i.hint if i.hint.isidentifier() and i.hint.isascii() else "i"


def clamped(em: Emitter, s: Affine, n: Size, labels: Labels) -> Code:
    """A subscript held within an axis: what lies outside is masked by a condition of the term."""
    code = subscript(em, s, labels)
    if inside(s, n) or not s.terms:
        return code
    r = extent(s)
    last = em.program.size(n - 1)
    if r is not None and surely(r[0]):
        return Code(f"np.minimum({code.text}, {last})")
    if r is not None and surely(n - 1 - r[1]):
        return Code(f"np.maximum({code.text}, 0)")
    return Code(f"np.clip({code.text}, 0, {last})")


def operand(em: Emitter, r: Read | Call) -> Grid:
    """A read as an array over distinct labels."""
    if isinstance(r, Call):
        return em.index.grid(r.expr)
    sizes = r.code.actual
    seen = [s.index for s in r.subs]
    plain = [
        (i := _runs(s)) is not None and inside(s, n) and sum(i in u.free for u in r.subs) == 1
        for s, n in zip(r.subs, sizes, strict=True)
    ]
    if all(plain) and all(i is not None and i.size is n for i, n in zip(seen, sizes, strict=True)):
        return r.code, tuple(i for i in seen if i is not None)
    if all(i is not None and i.size is n for i, n in zip(seen, sizes, strict=True)):
        return _repeated(r, tuple(i for i in seen if i is not None))
    return _fancy(em, r, plain)


def _repeated(r: Read, subs: Labels) -> Grid:
    labels = union([subs])
    letters = {i: "ijklmnopqrstuvwxyz"[k] for k, i in enumerate(labels)}
    spec = "".join(letters[i] for i in subs) + "->" + "".join(letters[i] for i in labels)
    return Code(f'np.einsum("{spec}", {r.code.text})', ATOM, tuple(i.size for i in labels)), labels


def _runs(s: Affine) -> Index | None:
    """The index along which a subscript runs in steps of one: i or i + constant."""
    if len(s.terms) == 1 and s.terms[0][1] is ONE and isinstance(s.terms[0][0], Index):
        return s.terms[0][0]
    return None


def _slice(em: Emitter, s: Affine, n: Size) -> str:
    i = s.terms[0][0]
    assert isinstance(i, Index)
    start, stop = s.constant, s.constant + i.size
    first = "" if start.constant == 0 else em.program.size(start)
    return f"{first}:{'' if stop is n else em.program.size(stop)}"


def _fancy(em: Emitter, r: Read, plain: list[bool]) -> Grid:
    sizes = r.code.actual
    inner = ordered(i for s, p in zip(r.subs, plain, strict=True) if not p for i in s.free)
    places = [k for k, p in enumerate(plain) if not p] or [len(plain)]
    parts = [
        _slice(em, s, n) if p else clamped(em, s, n, inner).text for s, n, p in zip(r.subs, sizes, plain, strict=True)
    ]
    while parts and parts[-1] == ":":
        parts.pop()
    kept = [(k, _runs(s)) for k, (s, p) in enumerate(zip(r.subs, plain, strict=True)) if p]
    together = not inner or places == list(range(places[0], places[-1] + 1))
    first = [i for k, i in kept if k < places[0]] if together else []
    last = [i for k, i in kept if k > places[0]] if together else [i for _, i in kept]
    labels = tuple(i for i in (*first, *inner, *last) if i is not None)
    return Code(f"{r.code.text}[{', '.join(parts)}]", ATOM, tuple(i.size for i in labels)), labels


def align(em: Emitter, g: Grid, target: Labels) -> Code:
    """An array over labels as one that broadcasts over the target labels."""
    code, labels = g
    if labels == target or not labels:
        return code
    order = [labels.index(i) for i in target if i in labels]
    text, actual = code.text, code.actual
    if order != sorted(order):
        text = f"{code.at(ATOM)}.T" if order == [1, 0] else f"{code.at(ATOM)}.transpose({', '.join(map(str, order))})"
        code = Code(text, ATOM, tuple(actual[k] for k in order))
    present = [i in labels for i in target]
    while present and not present[0]:
        present.pop(0)
    if not all(present):
        subs = ", ".join(":" if p else "None" for p in present)
        it = iter(code.actual)
        text = f"{code.at(ATOM)}[{subs}]"
        code = Code(text, ATOM, tuple(next(it) if p else ONE for p in present))
    return code


# --- values ---------------------------------------------------------------------------------------------------------


def grid(em: Emitter, terms: Iterable[Term]) -> Grid:
    """A sum of terms as an array over the free indices."""
    parts: list[Grid] = []
    for t in terms:
        sifted = sift(t)
        if sifted is not None:
            parts.append(contract(em, sifted))
    return total(em, parts, union(g[1] for g in parts))


def total(em: Emitter, parts: list[Grid], labels: Labels) -> Grid:
    """The sum of arrays, aligned."""
    from chainrule.backends.numpy_calls import infix

    if not parts:
        return Code("0", ATOM, (), True), ()
    out = align(em, parts[0], labels)
    for g in parts[1:]:
        out = infix("add", out, align(em, g, labels))
        if len(out.text) > 200:
            out = em.program.let(out)
    return out, labels


def contract(em: Emitter, t: Term, keep: Iterable[Index] = (), want: Labels = ()) -> Grid:
    """The value of one term, summed over its bound indices apart from those to keep; axes in the order `want` if it can."""
    from chainrule.backends.numpy_products import scaled

    operands = masked(em, t)
    bound = [i for i in t.bound if i not in set(keep)]
    scale = list(t.scale)
    for i in bound:
        if not any(i in labels for _, labels in operands):
            scale.append(("*", Code(em.program.size(i.size), ATOM if len(str(i.size)) == 1 else ADD, (), True)))
    bound = [i for i in bound if any(i in labels for _, labels in operands)]
    if not operands:
        return scaled(Code("1", ATOM, (), True), tuple(scale)), ()
    if bound:
        code, labels = summed(em, operands, bound, want)
    else:
        code, labels = multiplied(em, operands)
    return scaled(code, tuple(scale)), labels


def masked(em: Emitter, t: Term) -> list[Grid]:
    """The reads of the term with the conditions of the term applied: an operand is 0 where a condition on its labels fails."""
    conditions = [(_at_least(em, m), ordered(m.free)) for m in dict.fromkeys(t.masks)]
    for a, b in t.deltas:
        labels = ordered(a.free | b.free)
        conditions.append((f"{subscript(em, a, labels).at(ADD)} == {subscript(em, b, labels).at(ADD)}", labels))
    out: list[Grid] = []
    left = set(range(len(conditions)))
    for r in t.reads:
        code, own = operand(em, r)
        hosted = [k for k, (_, labels) in enumerate(conditions) if labels and set(labels) <= set(own)]
        left -= set(hosted)
        if hosted:
            mask = align(em, _both(em, [conditions[k] for k in hosted]), own)
            if isinstance(r, Call) and (quotient := em.index.quotient(r.expr)) is not None:
                above, below, own = quotient  # what is masked must not be divided by
                mask = align(em, _both(em, [conditions[k] for k in hosted]), own)
                code = Code(f"{above.at(MUL)} / np.where({mask.text}, {below.text}, 1)", MUL, below.actual)
            code = Code(f"np.where({mask.text}, {code.text}, 0)", ATOM, code.actual)
        out.append((code, own))
    groups: dict[Labels, list[tuple[str, Labels]]] = {}
    for k in sorted(left):
        groups.setdefault(conditions[k][1], []).append(conditions[k])
    for labels, group in groups.items():
        mask, _ = _both(em, group)
        text = f"{mask.at(ATOM)}.astype({em.dtype})" if labels else f"float({mask.text})"
        out.append((Code(text, ATOM, mask.actual, not labels), labels))
    return out


def _at_least(em: Emitter, m: Affine) -> str:
    """m ≥ 0, what is subtracted on the other side."""
    labels = ordered(m.free)
    more, less = affine(0), affine(0)
    for part, c in [*((a, c) for a, c in m.terms), *((None, _monomial(x, c)) for x, c in m.constant.terms)]:
        one = affine(c) if part is None else _single(part, c)
        if surely(c):
            more = more + one
        else:
            less = less - one
    return f"{subscript(em, more, labels).text} >= {subscript(em, less, labels).text}"


def _both(em: Emitter, conditions: list[tuple[str, Labels]]) -> Grid:
    """All of the conditions, as one mask with a name."""
    labels = ordered(i for _, own in conditions for i in own)
    shape = tuple(i.size for i in labels)
    if not labels:
        return Code(" and ".join(text for text, _ in conditions), COMPARE), ()
    if len(conditions) == 1:
        return em.program.let(Code(conditions[0][0], COMPARE, shape, bool=True), "mask"), labels
    parts = [
        align(em, (Code(text, COMPARE, tuple(i.size for i in own)), own), labels).at(ATOM) for text, own in conditions
    ]
    return em.program.let(Code(" & ".join(parts), COMPARE, shape, bool=True), "mask"), labels


def multiplied(em: Emitter, operands: list[Grid]) -> Grid:
    """The product of arrays, entry by entry."""
    from chainrule.backends.numpy_calls import infix

    labels = union(g[1] for g in operands)
    code = align(em, operands[0], labels)
    for g in operands[1:]:
        code = infix("mul", code, align(em, g, labels))
    return code, labels


def summed(em: Emitter, operands: list[Grid], bound: list[Index], want: Labels = ()) -> Grid:
    """The contraction of arrays over bound labels."""
    from chainrule.backends.contraction import einsum

    out = tuple(i for i in union([want, *(g[1] for g in operands)]) if i not in bound)
    out = tuple(i for i in out if any(i in g[1] for g in operands))
    shape = tuple(i.size for i in out)
    if len(operands) == 1:
        code, labels = operands[0]
        axes = tuple(k for k, i in enumerate(labels) if i in bound)
        text = "" if not out else f"axis={axes[0] if len(axes) == 1 else axes}"
        return Code(f"{code.at(ATOM)}.sum({text})", ATOM, shape), out
    if len(operands) == 2:
        a, b = operands
        if out and out[0] in b[1] and out[0] not in a[1]:
            a, b = b, a
        if (found := _matrix_product(em, a, b, bound)) is not None:
            return found
    letters = lettering([g[1] for g in operands])
    spec = ",".join("".join(letters[i] for i in labels) for _, labels in operands)
    spec += "->" + "".join(letters[i] for i in out)
    shapes: list[Shape] = [tuple(i.size for i in labels) for _, labels in operands]
    return Code(einsum(spec, [c.text for c, _ in operands], shapes), ATOM, shape), out


def _matrix_product(em: Emitter, a: Grid, b: Grid, bound: list[Index]) -> Grid | None:
    """`@` where the contraction is one of vectors and matrices over one label."""
    (x, la), (y, lb) = a, b
    if len(bound) != 1 or not 1 <= len(la) <= 2 or not 1 <= len(lb) <= 2:
        return None
    (k,) = bound
    if len(la) == len(lb) == 1 and la == lb:
        return Code(f"{x.at(MUL)} @ {y.at(POW)}", MUL), ()
    if k not in la or k not in lb or (set(la) & set(lb)) != {k}:
        return None
    left = align(em, a, (*(i for i in la if i is not k), k))
    right = align(em, b, (k, *(i for i in lb if i is not k)))
    if len(la) == 1 and len(lb) == 2 and lb[1] is k:  # A @ x reads better than x @ A.T
        left, right, la, lb = y, x, lb, la
    out = tuple(i for i in (*la, *lb) if i is not k)
    return Code(f"{left.at(MUL)} @ {right.at(POW)}", MUL, tuple(i.size for i in out)), out


def lettering(groups: Iterable[Labels]) -> dict[Index, str]:
    """A letter for each label: its own where that is free."""
    out: dict[Index, str] = {}
    for i in union(groups):
        own = i.hint[:1] if i.hint[:1].isascii() and i.hint[:1].isalpha() else "i"
        pool = own + "ijklmnopqrstuvwxyzabcdefghABCDEFGHIJKLMNOPQRSTUVWXYZ"
        out[i] = next(c for c in pool if c not in out.values())
    return out
