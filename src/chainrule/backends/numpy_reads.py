"""Code for subscripts, and for reads of arrays at subscripts: slices where they are, gathers where they must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.backends.bounds import extent, inside, surely
from chainrule.backends.numpy_terms import Call, Grid, Labels, Read, ordered, union
from chainrule.backends.plan import ADD, ATOM, MUL, POW, Code
from chainrule.core.index import Affine, Index, Lookup, Quotient, Remainder
from chainrule.core.size import ONE, Size

if TYPE_CHECKING:
    from chainrule.backends.numpy_code import Emitter


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
        parts.append(
            f" {'-' if negative else '+'} {em.program.size(k * -1 if negative else k)}" if parts else em.program.size(k)
        )
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
            return align(em, em.index.grid(e), labels)
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
