r"""Simple macros of a document, \newcommand, \def and \DeclareMathOperator, expanded within limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.checker.tokens import MAX_TOKENS, Token, Unreadable, tokenise

_MAX_DEPTH = 20
_MAX_MACROS = 500
_MAX_BODY = 2_000

_DEFINITION = re.compile(
    r"""\\(?:(?:re|provide)?newcommand)\*?\s*\{?\s*\\(?P<new>[A-Za-z]+)\s*\}?\s*(?:\[(?P<count>[1-9])\])?\s*(?=\{)
      | \\def\s*\\(?P<def>[A-Za-z]+)\s*(?P<pattern>(?:\#[1-9])*)\s*(?=\{)
      | \\DeclareMathOperator\*?\s*\{?\s*\\(?P<operator>[A-Za-z]+)\s*\}?\s*(?=\{)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Macro:
    """A command that stands for tokens, in which `parameter` tokens stand for its arguments."""

    arity: int
    body: tuple[Token, ...]


def find(text: str) -> tuple[dict[str, Macro], list[tuple[int, int]]]:
    """The macros that a document defines, and where the definitions stand. Those beyond the limits are left out."""
    macros: dict[str, Macro] = {}
    places: list[tuple[int, int]] = []
    at = 0
    for _ in range(_MAX_MACROS):
        m = _DEFINITION.search(text, at)
        if m is None:
            break
        at = m.end()
        close = _closing(text, at)
        if close is None:
            continue
        body = text[at + 1 : close]
        name = m["new"] or m["def"] or m["operator"]
        if m["operator"]:
            body = r"\operatorname{" + body + "}"
        try:
            tokens = _with_parameters(tokenise(body, 0, len(body)))
        except Unreadable:
            continue
        macros[name] = Macro(int(m["count"] or 0) if m["new"] else len(m["pattern"] or "") // 2, tokens)
        places.append((m.start(), close + 1))
        at = close + 1
    return macros, places


def _closing(text: str, at: int) -> int | None:
    depth = 0
    for k in range(at, min(len(text), at + _MAX_BODY)):
        if text[k] in "{}" and text[k - 1] != "\\":
            depth += 1 if text[k] == "{" else -1
            if depth == 0:
                return k
    return None


def _with_parameters(tokens: list[Token]) -> tuple[Token, ...]:
    out: list[Token] = []
    for t in tokens:
        if t.kind == "digit" and out and out[-1].text == "#":
            out[-1] = Token("parameter", t.text, t.start, t.end)
        else:
            out.append(t)
    return tuple(out)


def expand(tokens: list[Token], macros: Mapping[str, Macro]) -> list[Token]:
    """The tokens with every macro replaced; what comes from a body has the place of the macro.

    Raises:
        Unreadable: macros go too deep, or grow too long.
    """
    if not any(t.kind == "command" and t.text in macros for t in tokens):
        return tokens
    pending = [(t, 0) for t in reversed(tokens)]
    out: list[Token] = []
    steps = 0
    while pending:
        t, depth = pending.pop()
        if t.kind != "command" or t.text not in macros:
            out.append(t)
            continue
        if depth >= _MAX_DEPTH:
            raise Unreadable(f"the macro \\{t.text} is nested too deeply", t.start)
        macro = macros[t.text]
        arguments = [_argument(pending) for _ in range(macro.arity)]
        end = max([t.end, *(a.end for argument in arguments for a, _ in argument)])
        new: list[tuple[Token, int]] = []
        for b in macro.body:
            if b.kind == "parameter":
                k = int(b.text) - 1
                new.extend(arguments[k] if k < len(arguments) else ())
            else:
                new.append((b.moved(t.start, end), depth + 1))
        steps += len(new) + 1
        if steps > MAX_TOKENS:
            raise Unreadable(f"the macro \\{t.text} grows too long", t.start)
        pending.extend(reversed(new))
    return out


def _argument(pending: list[tuple[Token, int]]) -> list[tuple[Token, int]]:
    """Take an argument, a token or what stands in braces, from the end of what is still to be read."""
    out: list[tuple[Token, int]] = []
    depth = 0
    while pending:
        t, d = pending.pop()
        if t.kind == "space":
            continue
        out.append((t, d))
        if t.kind == "mark" and t.text in "{}":
            depth += 1 if t.text == "{" else -1
        if depth <= 0:
            break
    return out
