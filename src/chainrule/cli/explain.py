"""`chainrule explain`: one function of the language or one rule, with its reason and an example."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.output import as_json, check_suffix, deliver
from chainrule.cli.rules import TABLE, Rule
from chainrule.errors import ChainruleError, UnknownName

if TYPE_CHECKING:
    from chainrule.core.expr import Expr
    from chainrule.core.primitive import Primitive

EPILOG = """
**Examples**

    chainrule explain softmax

    chainrule explain sift

`chainrule list` and `chainrule list rules` show the names.
"""


def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A function of the language, or a rule.")],
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write a .json or .txt file.")
    ] = None,
) -> None:
    """Explain a function of the language, or a rule that a step names."""
    data = lookup(name)
    formats = {".json": lambda: as_json(data), ".txt": lambda: plain(data)}
    check_suffix(output, formats)
    deliver(formats[".json"] if json else formats[".txt"], output, formats)


_SIGNS = {"σ": "sigmoid", "⊙": "hadamard", "⊗": "kron", "Σ": "sum", "∑": "sum", "ᵀ": "transpose"}


def lookup(name: str) -> dict[str, Any]:
    """What is known of a function or a rule.

    Raises:
        UnknownName: there is none of that name.

    """
    from chainrule.notation.words import INSTEAD
    from chainrule.primitives import registry

    key = name.strip().removesuffix("()")
    for known in (key, key.lower(), key.lower().replace(" ", "-"), _SIGNS.get(key, "")):
        if known in TABLE:
            return _rule(TABLE[known])
        if known in WORDS:
            return _word(known)
        p = registry.get(known)
        if p is not None:
            return _primitive(p)
    if key.lower() in INSTEAD:
        raise UnknownName(f"there is no function {name!r} here", hint=INSTEAD[key.lower()])
    near = get_close_matches(key, [*TABLE, *WORDS, *registry], 1)
    raise UnknownName(
        f"there is no function or rule named {name!r}",
        hint=f"chainrule explain {near[0]}" if near else "chainrule list, or chainrule list rules",
    )


def _rule(r: Rule) -> dict[str, Any]:
    return {
        "name": r.name,
        "what": r.summary,
        "reason": r.reason,
        "example": f"{r.before} = {r.after}",
        "try": r.command,
    }


def _primitive(p: Primitive) -> dict[str, Any]:
    data = {
        "name": p.name,
        "what": p.summary,
        "derivative": p.reason,
        "at kinks": p.kink or "",
        "domain": _domain(p.domain),
        "source": p.source,
    }
    data |= _worked(p.example, p.name)
    return {key: value for key, value in data.items() if value}


def _domain(domain: str | None) -> str:
    """`positive:0` as words."""
    if not domain:
        return ""
    kind, _, at = domain.partition(":")
    place = {"0": "first", "1": "second"}.get(at, "")
    words = {
        "positive": "must be positive",
        "nonnegative": "must not be negative",
        "nonzero": "must not be zero",
        "unit": "must lie in [-1, 1]",
        "invertible": "must be invertible",
        "posdet": "must have a positive determinant",
        "spd": "must be symmetric and positive definite",
    }
    return f"the {place} argument {words.get(kind, kind)}"


GIVEN = {
    "conv1d": "X: c l; T: d c k",
    "conv2d": "T: c h w; K: d c p q",
    "gather": "E: p k; idx: n index(p)",
    "reshape": "X: m n",
}
"""Declarations for the examples that need some."""

WORDS = {
    "vector": ("a vector all of whose entries are one number, its size from its use", "sum(x - vector(2))"),
    "matrix": ("a matrix all of whose entries are one number, its sizes from its use", "sum(X - matrix(2))"),
    "keep": ("the last argument of a reduction along an axis: the axis stays, with size 1", "X - mean(X, 1, keep)"),
    "outer": ("the outer product of two vectors, x*y'", "sum(A .* outer(x, y))"),
    "hadamard": ("the product entry by entry, A .* B", "sum(hadamard(A, B))"),
}
"""Words of the language that are no functions of their own."""


def _word(name: str) -> dict[str, Any]:
    what, example = WORDS[name]
    return {"name": name, "what": what, **_worked(example)}


def _worked(example: str, name: str = "") -> dict[str, str]:
    """An example, differentiated by the last variable that the function is of; by itself where there is none."""
    import chainrule as cr

    given = GIVEN.get(name, "")
    try:
        e = cr.parse(example, given=given)
        by = _last_variable(e, name)
        result = cr.derive(e, wrt=by).text()
    except (ChainruleError, StopIteration):
        return {"example": example}
    declared = f" --given {_quoted(given)}" if given else ""
    return {
        "example": f"∂({example})/∂{by} = {result}",
        "try": f"chainrule derive {_quoted(example)}{declared} --wrt {by} --steps",
    }


def _last_variable(e: Expr, name: str) -> str:
    from chainrule.core.expr import Apply
    from chainrule.core.graph import walk

    inside = [v for n in walk(e) if isinstance(n, Apply) and n.op.name == name for v in n.variables]
    return next(v.name for v in reversed(inside or e.variables) if v.index_size is None)


def _quoted(text: str) -> str:
    """The text as one word of a shell."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`") + '"'


def plain(data: dict[str, Any]) -> str:
    """One fact a line."""
    width = max(len(key) for key in data) + 2
    head, *rest = data.items()
    return "\n".join([str(head[1]), *(f"  {key:<{width}}{value}" for key, value in rest)])
