r"""The lines of a display: rows of aligned environments, joined where one goes on in the next.

Environments that only arrange lines are taken apart, also within other environments, so that a row is a flat list of
tokens. A row that begins with + or ends in the middle of an expression belongs to the one before.
"""

from __future__ import annotations

from dataclasses import replace

from chainrule.checker import alphabet
from chainrule.checker.brackets import Pairs, pair
from chainrule.checker.cursor import Cursor, is_comma, is_relation
from chainrule.checker.tokens import Token

_GOES_ON = frozenset({"+", "cdot", "times", "odot", "circ", "otimes", "pm", "*"})
_WAITS = _GOES_ON | {"-", "/"}


def lines(tokens: list[Token]) -> list[list[Token]]:
    """The rows of a formula.

    Raises:
        Unreadable: brackets are nested too deeply.
    """
    pairs = pair(tokens)
    rows = _flat(tokens, pairs)
    out: list[list[Token]] = []
    for row in rows:
        while row and row[0].kind == "space":
            row.pop(0)
        if not row:
            continue
        if out and _joined(out[-1], row):
            out[-1].extend(row)
        else:
            out.append(row)
    return out


def _flat(tokens: list[Token], pairs: Pairs) -> list[list[Token]]:
    rows: list[list[Token]] = [[]]
    dropped: set[int] = set()
    i = 0
    while i < len(tokens):
        t = tokens[i]
        j = pairs.close.get(i)
        if i in dropped:
            pass
        elif j is not None and t.kind == "begin" and _arranges(tokens, pairs, i, j):
            dropped.add(j)
            i = _after_columns(tokens, pairs, i)
        elif j is not None and t.kind == "left" and _holds_lines(tokens, pairs, i, j):
            dropped |= {i, j}
        elif t.kind == "command" and t.text in alphabet.PLAIN_FONTS and _braces_relation(tokens, pairs, i + 1):
            dropped |= {i + 1, pairs.close[i + 1]}
        elif j is not None and t.text == "{" and _is_free(tokens, i) and _braces_relation(tokens, pairs, i):
            dropped.add(j)
        elif j is not None and (t.kind in {"begin", "left"} or t.text == "{"):
            rows[-1].extend(tokens[i : j + 1])
            i = j
        elif t.kind == "row":
            rows.append([])
        elif t.kind == "mark" and t.text == "&":
            if i and tokens[i - 1].kind == "mark" and tokens[i - 1].text == "&":
                rows[-1].append(replace(t, kind="space", text="qquad"))  # && stands before a remark
        else:
            rows[-1].append(t)
        i += 1
    return rows


def _after_columns(tokens: list[Token], pairs: Pairs, i: int) -> int:
    r"""The last token of \begin{array}{rcl} or \begin{aligned}[t]."""
    k = i + 1
    if k < len(tokens) and tokens[k].text == "[" and pairs.close.get(k) == k + 2:
        i, k = k + 2, k + 3
    if tokens[i].kind == "begin" and tokens[i].text not in {"array", "alignat", "alignedat", "IEEEeqnarray"}:
        return i
    return pairs.close[k] if k < len(tokens) and tokens[k].text == "{" and k in pairs.close else i


def _arranges(tokens: list[Token], pairs: Pairs, i: int, j: int) -> bool:
    """Whether an environment arranges lines: by its name, or an array or cases that hold equations."""
    name = tokens[i].text
    if name in alphabet.LINES:
        return True
    if name not in {"array", "cases", "dcases", "rcases"}:
        return False
    before = tokens[i - 1] if i else None
    if name == "array" and before is not None and (before.kind == "left" or before.text in {"(", "[", "|"}):
        return False
    if name != "array" and any(t.kind != "space" for t in tokens[:i][-3:]):
        return False
    return _has_equations(tokens, pairs, i, j)


def _has_equations(tokens: list[Token], pairs: Pairs, i: int, j: int) -> bool:
    """Whether the first cells of an environment hold a relation sign, or the second do nothing but begin with one."""
    cursor = Cursor("", tokens, pairs)
    for a, b in cursor.split(_after_columns(tokens, pairs, i) + 1, j, lambda t: t.kind == "row"):
        cells = cursor.split(a, b, lambda t: t.text == "&")
        marks = cursor.split(*cells[0], lambda t: is_relation(t) or is_comma(t) or t.kind == "words")
        if len(marks) > 1 and is_relation(tokens[marks[0][1]]):
            return True
        if len(cells) > 1 and (filled := cursor.filled(*cells[1])) and is_relation(tokens[filled[0]]):
            return True
    return False


def _holds_lines(tokens: list[Token], pairs: Pairs, i: int, j: int) -> bool:
    r"""\left\{ \begin{aligned} … \end{aligned} \right. around equations."""
    inner = [k for k in range(i + 1, min(i + 4, j)) if tokens[k].kind != "space"]
    if not inner or tokens[i].text != "{" or tokens[j].text != "." or tokens[inner[0]].kind != "begin":
        return False
    close = pairs.close.get(inner[0])
    return (
        close is not None
        and all(t.kind == "space" for t in tokens[close + 1 : j])
        and all(t.kind in {"space", "row"} for t in tokens[max(0, i - 1) : i])
        and _has_equations(tokens, pairs, inner[0], close)
    )


def _braces_relation(tokens: list[Token], pairs: Pairs, i: int) -> bool:
    r"""Whether braces open at i around a relation sign, as in \boxed{a = b}: they arrange, and mean nothing."""
    if i >= len(tokens) or tokens[i].text != "{" or i not in pairs.close:
        return False
    return Cursor("", tokens, pairs).find(i + 1, pairs.close[i], is_relation)


def _is_free(tokens: list[Token], i: int) -> bool:
    """Whether the brace at i is no argument of a command and no script."""
    before = tokens[i - 1] if i else None
    return before is None or not (before.kind == "command" or before.text in {"^", "_", "}", "]"})


def _joined(before: list[Token], row: list[Token]) -> bool:
    """Whether a row goes on with the one before it."""
    last = next((t for t in reversed(before) if t.kind != "space"), None)
    first = row[0]
    if first.kind in {"mark", "command"} and first.text in _GOES_ON:
        return True
    if last is not None and last.kind in {"mark", "command"} and (last.text in _WAITS or is_relation(last)):
        return not is_relation(first)
    if first.text == "-" and not any(is_relation(t) for t in row) and any(is_relation(t) for t in before):
        return True
    return _depth(before) > 0 and _depth(row) < 0


def _depth(row: list[Token]) -> int:
    """Brackets that a row opens and does not close, or the reverse."""
    depth = 0
    for t in row:
        if t.text in {"(", "[", "\\{"} or t.kind == "left":
            depth += t.kind in {"mark", "left"}
        elif t.text in {")", "]", "\\}"} or t.kind == "right":
            depth -= t.kind in {"mark", "right"}
    return depth
