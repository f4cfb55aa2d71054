"""Which bracket belongs to which, in one pass over the tokens of a formula."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.checker.tokens import Token, Unreadable

MAX_NESTING = 100

_OPENERS = {"(": "round", "[": "square", "{": "brace", "langle": "angle"}
_CLOSERS = {")": "round", "]": "square", "}": "brace", "rangle": "angle"}
_STRONG = frozenset({"brace", "environment", "left"})  # these may not be cut by the others
_LOOK_BACK = 20


@dataclass(slots=True)
class _Level:
    family: str
    index: int
    bars: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class Pairs:
    """close[i]: the token that closes the bracket at i. A pair of | or ‖ is one too; `double` has those written ||."""

    close: dict[int, int] = field(default_factory=dict[int, int])
    double: set[int] = field(default_factory=set[int])
    unclosed: int = 0


def family(t: Token) -> tuple[str, bool] | None:
    """The family of a bracket and whether it opens."""
    match t.kind:
        case "left" | "right":
            return ("set" if t.text.startswith("\\") else "left"), t.kind == "left"
        case "begin" | "end":
            return "environment", t.kind == "begin"
        case "mark" | "command":
            if t.text in _OPENERS:
                return _OPENERS[t.text], True
            if t.text in _CLOSERS:
                return _CLOSERS[t.text], False
            return None
        case _:
            return None


def pair(tokens: list[Token]) -> Pairs:
    """Find the pairs. Brackets without a partner stay without one.

    Raises:
        Unreadable: they are nested too deeply.
    """
    out = Pairs()
    levels = [_Level("", -1)]
    for i, t in enumerate(tokens):
        if t.kind == "mark" and t.text in {"|", "||"}:
            levels[-1].bars.append(i)
            continue
        f = family(t)
        if f is None:
            continue
        if f[1]:
            levels.append(_Level(f[0], i))
            if len(levels) > MAX_NESTING:
                raise Unreadable("brackets are nested too deeply", t.start)
            continue
        k = _partner(f[0], levels)
        if k:
            out.close[levels[k].index] = i
            out.unclosed += len(levels) - 1 - k
            for level in levels[k:]:
                _pair_bars(level.bars, tokens, out)
            del levels[k:]
    out.unclosed += len(levels) - 1
    for level in levels:
        _pair_bars(level.bars, tokens, out)
    return out


def _partner(closer: str, levels: list[_Level]) -> int:
    """The position of the level that a closing bracket ends; 0 if there is none."""
    for k in range(len(levels) - 1, max(0, len(levels) - 1 - _LOOK_BACK), -1):
        opener = levels[k].family
        if opener == closer or {opener, closer} == {"round", "square"}:
            return k
        if opener in _STRONG and not (opener == "left" and closer in {"environment", "brace"}):
            return 0
    return 0


def _pair_bars(bars: list[int], tokens: list[Token], out: Pairs) -> None:
    """Pair | and ‖ of one level in their order; two | side by side open and close a norm."""
    k, opened, double = 0, -1, False
    norm = -1
    while k < len(bars):
        i = bars[k]
        twin = k + 1 < len(bars) and bars[k + 1] == i + 1 and tokens[i].end == tokens[i + 1].start
        if tokens[i].text == "||":
            if norm < 0:
                norm = i
            else:
                out.close[norm], norm = i, -1
        elif opened < 0:
            opened, double = i, twin
            k += twin
        elif double and twin:
            out.close[opened] = i + 1
            out.double.add(opened)
            opened, double = -1, False
            k += 1
        elif not double:
            out.close[opened], opened = i, -1
        k += 1
