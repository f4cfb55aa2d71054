"""Sets that symbols are said to be in: their shapes, and what is true of their values."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.numerals import number


def dims(node: s.Node) -> tuple[s.Node, ...] | None:
    """The lengths of axes in ℝ^{m × d}; none for ℝ; None if it is another set."""
    match node:
        case s.Symbol(name="R" | "bb_R"):
            return ()
        case s.Transposed(body=s.Symbol(name="R" | "bb_R")):  # ℝ^T, T a number of steps or classes
            return (s.Symbol("T"),)
        case s.Scripted(base=s.Symbol(name="R" | "bb_R"), subs=_, sup=sup):
            match sup:
                case None:
                    return ()
                case s.Symbol(name="+" | "*"):
                    return ()
                case s.Product(factors=factors, signs=signs) if "times" in signs:
                    return _split(factors, signs)
                case _:
                    return (sup,)
        case s.Group(items=(inner,)) if node.kind != "{":
            return dims(inner)
        case s.Scripted(base=s.Group(kind="{" | "(" | "["), sup=sup) if sup is not None:
            return dims(s.Scripted(s.Symbol("R"), (), sup))
        case s.Group(items=items, kind="{") if all(number(x) is not None for x in items):
            return ()
        case s.Group(items=(a, b), kind="(" | "[") if number(a) is not None and number(b) is not None:
            return ()
        case (
            s.Scripted(base=s.Symbol(name="Delta"), subs=(n,), sup=None)
            | s.Scripted(base=s.Symbol(name="Delta"), subs=(), sup=s.Symbol() as n)
        ):
            return (n,)
        case _:
            return None


def facts_of(node: s.Node) -> frozenset[str]:
    """Simplices sum to one, ℝ₊ is positive."""
    match node:
        case s.Scripted(base=s.Symbol(name="Delta")):
            return frozenset({"simplex"})
        case s.Scripted(base=s.Symbol(name="R"), subs=(_, *_)):
            return frozenset({"positive"})
        case _:
            return frozenset()


def is_range(node: s.Node) -> bool:
    """{1, …, K}: what an index letter runs over."""
    return isinstance(node, s.Group) and any(isinstance(x, s.Dots) for x in node.items)


def _split(factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> tuple[s.Node, ...]:
    """The factors between the × signs."""
    groups: list[list[s.Node]] = [[factors[0]]]
    for sign, f in zip(signs, factors[1:], strict=True):
        if sign == "times":
            groups.append([f])
        else:
            groups[-1].append(f)
    return tuple(g[0] if len(g) == 1 else s.Product(tuple(g), ("",) * (len(g) - 1)) for g in groups)
