"""How an application is written as a call: the inverse of reading its arguments."""

from __future__ import annotations

from typing import Any

from chainrule.core.expr import Apply, Expr
from chainrule.errors import ChainruleError
from chainrule.notation.words import functions


def call_parts(e: Apply) -> list[Expr | str]:
    """What stands between the parentheses: expressions, and texts of axes, sizes and the like.

    Arguments that the function fills in by itself are left out.
    """
    values, parts = _by_kind(e)
    function = functions().get(e.op.name)
    if function is None or "axes" in e.op.call:
        return parts
    while len(parts) > max(function.required, len(e.args)) and e.op.call[len(parts) - 1 :] and _same(e, values[:-1]):
        values.pop()
        parts.pop()
    return parts


def _same(e: Apply, values: list[Any]) -> bool:
    try:
        return e.op.build is not None and e.op.build(*values) is e
    except (ChainruleError, TypeError):
        return False


def _by_kind(e: Apply) -> tuple[list[Any], list[Expr | str]]:
    args, params = list(e.args), list(e.params)
    values: list[Any] = []
    parts: list[Expr | str] = []

    def put(value: Any, part: Expr | str) -> None:
        values.append(value)
        parts.append(part)

    for kind in e.op.call:
        match kind:
            case "expr":
                put(args[0], args.pop(0))
            case "exprs":
                for a in args:
                    put(a, a)
                args = []
            case "axes":
                axes, keep = params[:2]
                parts += [*map(str, axes or ()), *(["keep"] if keep else [])]
                params = params[2:]
            case "sizes":
                for p in params:
                    put(p, str(p))
                params = []
            case "shape" | "permutation":
                p = params.pop(0)
                put(p, f"[{', '.join(map(str, p))}]")
            case "string":
                put(params[0], f'"{params.pop(0)}"')
            case _:
                p = params.pop(0)
                put(p, str(p))
    return values, parts
