"""The values of terms: masks, products, contractions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainrule.backends.bounds import surely
from chainrule.backends.deltas import sift
from chainrule.backends.numpy_reads import align, operand, subscript
from chainrule.backends.numpy_terms import Call, Grid, Labels, Term, ordered, union
from chainrule.backends.plan import ADD, ATOM, COMPARE, MUL, POW, Code
from chainrule.core.expr import Shape
from chainrule.core.index import Affine, Index, IndexAtom, Lookup, Quotient, Remainder, affine, lookup
from chainrule.core.size import ONE, Monomial, Size, size

if TYPE_CHECKING:
    from chainrule.backends.numpy_code import Emitter


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
    """The value of one term, summed over its bound indices but those to keep; axes in the order `want` if it can."""
    from chainrule.backends.numpy_products import scaled

    operands = masked(em, t)
    bound = [i for i in t.bound if i not in set(keep)]
    scale = list(t.scale)
    idle = [i for i in bound if not any(i in labels for _, labels in operands)]
    scale += [("*", Code(em.program.size(i.size, ATOM), ATOM, (), True)) for i in idle]
    bound = [i for i in bound if i not in idle]
    if not operands:
        return scaled(Code("1", ATOM, (), True), tuple(scale)), ()
    if bound:
        code, labels = summed(em, operands, bound, want)
    else:
        code, labels = multiplied(em, operands)
    return scaled(code, tuple(scale)), labels


def masked(em: Emitter, t: Term) -> list[Grid]:
    """The reads of a term, 0 where a condition of the term on their labels fails; other conditions as factors."""
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
