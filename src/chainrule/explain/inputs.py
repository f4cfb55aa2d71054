"""What people pass where an expression is wanted: an expression, a number, or a text that is parsed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, cast

from chainrule.core.expr import Expr, ExprLike, Shape, Var, const
from chainrule.errors import DomainError, WrongType
from chainrule.judge.constants import valueless
from chainrule.notation.lexer import plain
from chainrule.notation.parser import hints, parse
from chainrule.notation.text import given_text
from chainrule.primitives.variables import declare

Name: TypeAlias = "Var | str"
Text: TypeAlias = "Expr | str"
"""An expression, or a text that is parsed."""


def parsed(e: Text) -> Expr:
    """The expression that is meant.

    Raises:
        DomainError: a constant in it has no value, such as 0/0.
        WrongType: it is neither an expression, nor a number, nor a text.
    """
    found = parse(e) if isinstance(e, str) else const(e)
    nothing = valueless(found)
    if nothing is not None:
        raise DomainError(nothing[1], hint="without it, or with a name in its place")
    return found


def parsed_beside(e: ExprLike | str, other: Expr, shape: Shape | None = None) -> Expr:
    """The same for what stands beside another expression: a text means the variables of that one by their names.

    With `shape`, a name of its own is a variable of that shape.
    """
    if not isinstance(e, str):
        return const(e)
    name, declared = plain(e.strip()), {v.name: v for v in (*hints(other).declared, *other.variables)}
    if shape is not None and name not in declared and name.isidentifier():
        return declare(name, shape)
    return parse(e, given_text(other, declared.values()))


def several(wrt: object) -> list[Name]:
    """The variables or names of a list; one alone is a list of one.

    Raises:
        WrongType: it is none of these.
    """
    if isinstance(wrt, (str, Var)):
        return [wrt]
    if isinstance(wrt, (Expr, Mapping)) or not isinstance(wrt, Iterable):
        raise WrongType(f"a variable or its name is wanted, or several, not {type(wrt).__name__}", hint='["W", "b"]')
    return list(cast("Iterable[Any]", wrt))
