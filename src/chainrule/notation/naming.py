"""Names in printed expressions: which parts get one, what they are called, and the letters of indices."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from chainrule.core.expr import Access, Apply, Array, Const, Delta, Expr, Iverson, SizeValue, Sum, Var
from chainrule.core.graph import below, walk
from chainrule.core.index import Affine, Index, Quotient, Remainder
from chainrule.core.size import Size
from chainrule.notation.words import reserved

_LETTERS = "ijklmnpqrstuvw"
_COMPARISONS = frozenset({"gt", "ge", "lt", "le"})
_BASES = {
    "softmax": "p", "log_softmax": "l", "sigmoid": "s", "sub": "r", "add": "z", "matmul": "u", "opaque": "g",
    "opaque_elementwise": "h", "inv": "m", "where": "h", "step": "h",
}  # fmt: skip
_BY_NDIM = ("cabdg", "vuwq", "MNSR", "TUV")
_HIDDEN = "tanh relu silu gelu gelu_tanh softplus leaky_relu elu selu mish hardtanh".split()  # noqa: SIM905


class Names(dict[Expr, str]):
    """Names for parts of an expression.

    avoid: names that mean something else where it will be read.
    declared: the variables of the program, those that its result does not use included.
    """

    avoid: frozenset[str] = frozenset()
    declared: tuple[Var, ...] = ()


_hints: WeakKeyDictionary[Expr, Names] = WeakKeyDictionary()


def hints(root: Expr) -> Names:
    """The names that the program with this result gave to its parts, and those that it uses otherwise."""
    found = _hints.get(root)
    if found is None:
        found = Names()
        found.avoid = frozenset(taken_names(walk(root)))
    return found


def name_parts(root: Expr, names: Mapping[Expr, str], avoid: Iterable[str] = (), declared: Iterable[Var] = ()) -> None:
    """Let printers of `root` call parts of it by these names."""
    kept = Names({e: name for e, name in names.items() if e is not root})
    kept.avoid = frozenset(avoid) | frozenset(taken_names(walk(root)))
    kept.declared = tuple(declared)
    _hints[root] = kept


@dataclass(frozen=True, slots=True)
class Plan:
    """How an expression is printed: definitions in order, with their names, and a letter for every index."""

    definitions: tuple[tuple[str, Expr], ...]
    names: Mapping[Expr, str]
    letters: Mapping[Index, str]


def plan(
    e: Expr,
    given: Mapping[Expr, str] | None = None,
    share: bool = True,
    letters: Mapping[Index, str] | None = None,
    reading: bool = False,
) -> Plan:
    """Names for the parts of `e` that are used more than once; `given` are names to use if they can be.

    `reading` is for display, where X⁻¹ is short enough to stand twice.
    """
    given = hints(e) if given is None else given
    nodes = tuple(walk(e))
    taken = taken_names(nodes) | (given.avoid if isinstance(given, Names) else frozenset())
    found = _letters(e, nodes, taken, letters or {})
    if not share:
        return Plan((), {}, found)
    taken |= set(found.values())
    wanted = _wanted(e, nodes, given)
    if reading:
        wanted = {n: why for n, why in wanted.items() if why != "shared" or not _short(n)}
    names: dict[Expr, str] = {}
    for node in nodes:  # the user's own names first, so that no other part takes one
        if node in wanted and given.get(node) not in (None, *taken):
            names[node] = given[node]
            taken.add(given[node])
    for node in nodes:
        if node in wanted and node not in names:
            names[node] = next(name for name in _candidates(_base(node, wanted)) if name not in taken)
            taken.add(names[node])
    return Plan(tuple((names[n], n) for n in nodes if n in names), names, found)


def name_for(node: Expr, taken: Collection[str]) -> str:
    """A name for a part, of the letters that are usual for its kind."""
    return next(name for name in _candidates(_base(node, {node: "shared"})) if name not in taken)


def taken_names(nodes: Iterable[Expr]) -> set[str]:
    """Every name that means something in an expression with these nodes."""
    out = set(reserved()) | {"delta", "array", "partial", "δ", "σ"}
    for node in nodes:
        match node:
            case Var(name=name, dims=dims):
                out.add(name)
                out.update(n for s in dims for n in s.names)
            case SizeValue(size=s):
                out |= s.names
            case Apply(op=op, params=params):
                if op.name.startswith("opaque"):
                    name = params[0].name
                    out |= {name, f"D{name}", f"D2{name}"}
                out.update(n for s in _sizes(params) for n in s.names)
            case Array(indices=ix):
                out.update(n for i in ix for n in i.size.names)
            case Sum(index=i):
                out |= i.size.names
            case _:
                pass
    return out


def _sizes(params: Iterable[object]) -> Iterator[Size]:
    for p in params:
        if isinstance(p, Size):
            yield p
        elif isinstance(p, tuple):
            yield from _sizes(p)  # pyright: ignore[reportUnknownArgumentType]


# Definitions ----------------------------------------------------------------------------------------------------


def _wanted(root: Expr, nodes: tuple[Expr, ...], given: Mapping[Expr, str]) -> dict[Expr, str]:
    """The parts to be named: used twice, named by the user, or where an opaque function is differentiated."""
    out: dict[Expr, str] = {}
    for node in nodes:
        if isinstance(node, Apply) and node.op.name == "opaque" and node.params[1] and nameable(node.args[0]):
            out.setdefault(node.args[0], "argument")
        if node in given and nameable(node):
            out[node] = "given"
    out.pop(root, None)
    varying: set[Expr] = set()  # a constant is never shared by name
    for node in nodes:
        if isinstance(node, Var) or any(part in varying for part in below(node)):
            varying.add(node)
    printed: dict[Expr, int] = {root: 1}
    for node in reversed(nodes):
        count = printed.get(node, 0)
        if count > 1 and node is not root and node in varying and nameable(node):
            out.setdefault(node, "shared")
        for part in below(node):
            printed[part] = min(printed.get(part, 0) + (1 if node in out else count), 2)
    return out


def nameable(e: Expr) -> bool:
    """Whether a definition of it would make anything shorter."""
    if e.free or not isinstance(e, (Apply, Array, Sum)):
        return False
    if not isinstance(e, Apply):
        return True
    if e.op.name in _COMPARISONS or e.op.name == "neg" or not e.args:
        return False
    if e.op.name == "transpose":
        return not isinstance(e.args[0], Var)
    return not (e.op.name in ("mul", "div") and any(isinstance(a, (Const, SizeValue)) for a in e.args))


def _short(e: Expr) -> bool:
    return isinstance(e, Apply) and e.op.name == "inv" and isinstance(e.args[0], Var)


def _base(node: Expr, wanted: Mapping[Expr, str]) -> str:
    name = node.op.name if isinstance(node, Apply) else ""
    if wanted[node] == "argument":
        return "YZU" if node.ndim >= 2 else "yzu"
    elif name in _HIDDEN:
        letter = "h"
    elif name == "opaque" and isinstance(node, Apply) and not node.params[1]:
        letter = ""
    else:
        letter = _BASES.get(name, "")
    if not letter or (node.ndim == 0 and letter not in ("s", "z", "y", "p", "r", "h")):
        return _BY_NDIM[min(node.ndim, 3)]
    return letter.upper() if node.ndim >= 2 else letter


def _candidates(letters: str) -> Iterator[str]:
    yield from letters
    for n in itertools.count(2):
        yield f"{letters[0]}{n}"


# Letters --------------------------------------------------------------------------------------------------------


def subscripts(e: Expr) -> tuple[Affine, ...]:
    """The subscripts that a node itself holds."""
    match e:
        case Access(subs=subs):
            return subs
        case Delta(left=a, right=b):
            return a, b
        case Iverson(value=a):
            return (a,)
        case _:
            return ()


def free_letters(e: Expr) -> tuple[Index, ...]:
    """The free indices of an expression, in order of first appearance in its text."""
    found: dict[Index, None] = {}
    if not e.free:
        return ()
    for node in walk(e):
        for s in subscripts(node):
            _in_order(s, found)
    return tuple(i for i in found if i in e.free)


def _in_order(s: Affine, found: dict[Index, None]) -> None:
    for atom, _ in s.terms:
        match atom:
            case Index():
                found.setdefault(atom)
            case Quotient(v, _) | Remainder(v, _):
                _in_order(v, found)
            case _:
                pass


def _letters(root: Expr, nodes: tuple[Expr, ...], taken: set[str], fixed: Mapping[Index, str]) -> dict[Index, str]:
    """A letter for each index, so that indices that are free in one place have different ones."""
    order: dict[Index, None] = {}
    rivals: dict[Index, set[Index]] = {}

    def together(group: Iterable[Index], others: frozenset[Index]) -> None:
        for i in group:
            order.setdefault(i)
            rivals.setdefault(i, set()).update(others - {i})
            for j in others:
                rivals.setdefault(j, set()).add(i)

    outer = free_letters(root)
    together(outer, root.free)
    for node in reversed(nodes):
        match node:
            case Array(indices=ix, body=body):
                together(ix, body.free | frozenset(ix) | root.free)
            case Sum(index=i, body=body):
                together((i,), body.free | root.free)
            case _:
                pass
    out: dict[Index, str] = dict(fixed)
    for i in order:
        if i not in out:
            used = taken | {out[j] for j in rivals.get(i, ()) if j in out}
            out[i] = next(c for c in _letter_candidates(i.hint) if c not in used)
    for i in root.free:
        out.setdefault(i, i.hint)
    return out


def _letter_candidates(hint: str) -> Iterator[str]:
    hint = hint if hint.isidentifier() else "i"
    yield hint
    start = _LETTERS.find(hint)
    if start >= 0:
        yield from _LETTERS[start:]
    yield from _LETTERS
    for n in itertools.count(1):
        yield f"{hint}{n}"
