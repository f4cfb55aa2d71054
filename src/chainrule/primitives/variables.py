"""Declaring variables, sizes and opaque functions."""

from __future__ import annotations

import re

from chainrule.core.expr import Shape, Var, intern
from chainrule.core.primitive import registry
from chainrule.core.size import Size, SizeLike, same, size
from chainrule.errors import NameClash, ShapeError, UnknownName, WrongType
from chainrule.primitives.opaque import OpaqueFunction
from chainrule.primitives.shapes import show

SQUARE = frozenset(("symmetric", "diagonal", "lower", "upper", "spd", "posdet", "orthogonal", "distances"))
ANYWHERE = frozenset(("positive", "binary", "pm1", "unit", "constant"))
ALONG_AN_AXIS = frozenset(("onehot", "simplex"))
PROPS = SQUARE | ANYWHERE | ALONG_AN_AXIS
"""The facts that may be declared of a variable, `index(n)` aside."""

WORDS = frozenset(
    (
        "keep",
        "eye",
        "scalar",
        "function",
        "elementwise",
        "index",
        "vector",
        "matrix",
        "outer",
        "hadamard",
        "sum",
        "delta",
    )
)
_NAME = re.compile(r"[A-Za-zα-ωΑ-Ω][A-Za-z0-9_]*")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_INDEX = re.compile(r"index\((\w+)\)")
_AXIS = re.compile(r"(onehot|simplex)\((\d+)\)")


def reserved(name: str) -> bool:
    """Whether a name means something in the language already: a function or a word of it."""
    p = registry.get(name)
    return name in WORDS or (p is not None and bool(p.call))


def check_name(name: str) -> str:
    """`name`, if it can name a variable; W₁ is W1.

    Raises:
        NameClash: it is no name, or it is a function or a word of the language.
        WrongType: it is no text.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType(f"a name is wanted, not {type(name).__name__}", hint='"x"')
    name = name.translate(_SUBSCRIPTS)
    if not _NAME.fullmatch(name):
        raise NameClash(f"{name!r} is no name: a letter, then letters, digits and underscores", hint="W1 or x_hat")
    if reserved(name):
        raise NameClash(f"{name} is a word of the language, so that nothing can be called so", hint=f"{name}_1")
    return name


def extent(n: SizeLike) -> Size:
    """A size from a name, a positive whole number or a size.

    Raises:
        ShapeError: it is neither.
    """
    if isinstance(n, str):
        if n.isdigit():
            n = int(n)
        elif not _NAME.fullmatch(n := n.translate(_SUBSCRIPTS)):
            raise ShapeError(f"{n!r} is not the name of a size", hint='m, n = sizes("m n"), then m*n or m - n + 1')
    n = size(n)
    if n.constant is not None and n.constant < 1:
        raise ShapeError(f"the size of an axis is at least 1, not {n}")
    return n


def sizes(names: str) -> tuple[Size, ...]:
    """Sizes of axes by their names, which spaces or commas separate.

    Examples:
        >>> m, n = sizes("m n")
        >>> m * n + 1
        Size('m*n+1')
    """
    if not isinstance(names, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType(f"names of sizes are wanted, not {type(names).__name__}", hint='sizes("m n")')
    return tuple(extent(check_name(n)) for n in names.replace(",", " ").split())


def declare(name: str, shape: Shape, *props: str) -> Var:
    """A variable with the facts that hold for its values.

    Raises:
        NameClash: `name` is no name, or is taken by the language.
        UnknownName: a fact that there is not.
        ShapeError: a fact that the shape rules out.
    """
    facts, index_size = set[str](), None
    for prop in props:
        found = _INDEX.fullmatch(prop.replace(" ", ""))
        if found:
            index_size = extent(found[1])
            continue
        found = _AXIS.fullmatch(prop.replace(" ", ""))
        if found:
            _check_axis(name, found[1], int(found[2]), shape)
            facts.add(found[1] if int(found[2]) == len(shape) - 1 else f"{found[1]}({found[2]})")
            continue
        if prop not in PROPS:
            raise UnknownName(f"there is no property {prop!r}", hint=", ".join(sorted(PROPS)) + ", index(n)")
        _check_shape(name, prop, shape)
        facts.add(prop)
    return intern(Var, check_name(name), shape, frozenset(facts), index_size)


def _check_shape(name: str, prop: str, shape: Shape) -> None:
    if prop in SQUARE and (len(shape) != 2 or not same(*shape)):
        raise ShapeError(f"{name} of shape {show(shape)} cannot be {prop}: that needs a square matrix")
    if prop in ALONG_AN_AXIS and not shape:
        raise ShapeError(f"the scalar {name} cannot be {prop}: that needs an axis")


def _check_axis(name: str, prop: str, axis: int, shape: Shape) -> None:
    if axis >= len(shape):
        raise ShapeError(f"{name} of shape {show(shape)} cannot be {prop} along axis {axis}: it has no such axis")


def scalar(name: str, *props: str) -> Var:
    """A scalar variable, with facts about its value such as "positive".

    Examples:
        >>> scalar("t", "positive").shape
        ()
    """
    return declare(name, (), *props)


def vector(name: str, n: SizeLike, *props: str) -> Var:
    """A vector of size `n`.

    Examples:
        >>> vector("x", "n").shape
        (Size('n'),)
        >>> vector("labels", "k", "index(n)").index_size
        Size('n')
    """
    return declare(name, (extent(n),), *props)


def matrix(name: str, m: SizeLike, n: SizeLike, *props: str) -> Var:
    """A matrix with `m` rows and `n` columns.

    Examples:
        >>> matrix("S", "n", "n", "symmetric").props
        frozenset({'symmetric'})
    """
    return declare(name, (extent(m), extent(n)), *props)


def tensor(name: str, *dims: SizeLike, props: tuple[str, ...] = ()) -> Var:
    """A tensor with any number of axes; strings that are facts may follow the sizes.

    Examples:
        >>> tensor("T", "m", "n", 3).shape
        (Size('m'), Size('n'), Size('3'))
    """
    facts = tuple(d for d in dims if isinstance(d, str) and (d in PROPS or _INDEX.fullmatch(d)))
    return declare(name, tuple(extent(d) for d in dims if d not in facts), *facts, *props)


def function(name: str, *arg: SizeLike, out: tuple[SizeLike, ...] = ()) -> OpaqueFunction:
    """An opaque function, twice continuously differentiable: its derivatives stay symbols.

    Without sizes, its argument takes the shape that the first use gives it.

    Shapes:
        arg: the axes of its argument
        out: the axes of its value, none by default

    Examples:
        >>> J = function("J")
        >>> J(vector("y", "m"), order=1).shape
        (Size('m'),)
    """
    shape = tuple(map(extent, arg)) or None
    return OpaqueFunction(check_name(name), shape, tuple(map(extent, out)))


def elementwise(name: str) -> OpaqueFunction:
    """An unknown scalar function, applied entry by entry.

    Examples:
        >>> s = elementwise("s")
        >>> s(vector("z", "m")).shape
        (Size('m'),)
    """
    return OpaqueFunction(check_name(name), None, (), True)
