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


def lookup(name: str) -> dict[str, Any]:
    """What is known of a function or a rule.

    Raises:
        UnknownName: there is none of that name.

    """
    from chainrule.primitives import registry

    key = name.strip().removesuffix("()")
    if key in TABLE:
        return _rule(TABLE[key])
    p = registry.get(key)
    if p is not None:
        return _primitive(p)
    near = get_close_matches(key, [*TABLE, *registry], 1)
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
    data |= _worked(p.example)
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


def _worked(example: str) -> dict[str, str]:
    """An example, differentiated by its last variable; by itself where it needs declarations."""
    import chainrule as cr

    try:
        e = cr.parse(example)
        by = next(v.name for v in reversed(e.variables) if v.index_size is None)
        result = cr.derive(e, wrt=by).text()
    except (ChainruleError, StopIteration):
        return {"example": example}
    return {
        "example": f"∂({example})/∂{by} = {result}",
        "try": f'chainrule derive "{example}" --wrt {by} --steps',
    }


def plain(data: dict[str, Any]) -> str:
    """One fact a line."""
    width = max(len(key) for key in data) + 2
    head, *rest = data.items()
    return "\n".join([str(head[1]), *(f"  {key:<{width}}{value}" for key, value in rest)])
