r"""Where mathematics stands in a document: $…$, $$…$$, \(…\), \[…\], environments, fenced ```math.

All offsets are those of the text: what is to be passed over (code, comments, marks of quotations) is blanked in a copy
of the same length.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from chainrule.checker import alphabet
from chainrule.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Region:
    """Mathematics in text[start:end]; with its delimiters it is text[outer_start:outer_end]."""

    start: int
    end: int
    outer_start: int
    outer_end: int
    display: bool


_FENCE = re.compile(r"^(?P<quote>[ \t>]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*?)[ \t\r]*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HTML = re.compile(r"<(script|style|pre|code|kbd)\b[^>]{0,500}>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_QUOTE = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.MULTILINE)
_TEX_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|minted)\*?\}.*?(?:\\end\{\1\*?\}|\Z)", re.DOTALL)


def is_tex(text: str, name: str) -> bool:
    return bool(re.search(r"^[ \t]*\\(?:documentclass|begin\{document\})", text, re.MULTILINE)) or name.endswith(".tex")


def blank(text: str, places: list[tuple[int, int]]) -> str:
    """The text with these places made spaces; lines stay."""
    out: list[str] = []
    at = 0
    for s, e in sorted(places):
        if e <= at:
            continue
        s = max(s, at)
        out += [text[at:s], re.sub(r"[^\n]", " ", text[s:e])]
        at = e
    out.append(text[at:])
    return "".join(out)


def mask_tex(text: str) -> str:
    """A plain .tex file with its comments, its preamble and verbatim text blanked."""
    places = [m.span() for m in _VERBATIM.finditer(text)] + [m.span() for m in _TEX_COMMENT.finditer(text)]
    begin, end = text.find(r"\begin{document}"), text.find(r"\end{document}")
    if begin >= 0:
        places.append((0, begin + len(r"\begin{document}")))
    if end >= 0:
        places.append((end, len(text)))
    return blank(text, places)


def mask_markdown(text: str) -> tuple[str, list[Region]]:
    """Markdown with its code and HTML blanked, and the regions of fenced mathematics."""
    fenced: list[Region] = []
    places: list[tuple[int, int]] = []
    at = 0
    while m := _FENCE.search(text, at):
        close = re.compile(rf"^[ \t>]*{re.escape(m['fence'][0])}{{{len(m['fence'])},}}[ \t\r]*$", re.MULTILINE).search(
            text, m.end()
        )
        end = close.end() if close else len(text)
        if m["info"].strip().lower() in {"math", "latex", "tex", "{math}"}:
            inner = close.start() if close else len(text)
            fenced.append(Region(min(m.end() + 1, inner), inner, m.start(), end, True))
        places.append((m.start(), end))
        at = max(end, m.end())
        if at >= len(text):
            break
    text = blank(text, places)
    text = blank(text, [m.span() for m in _COMMENT.finditer(text)])
    text = blank(text, [m.span() for m in _HTML.finditer(text)])
    text = blank(text, _code_spans(text))
    return blank(text, [m.span() for m in _QUOTE.finditer(text)]), fenced


def _code_spans(text: str) -> list[tuple[int, int]]:
    """`code`, within a paragraph; of $`…`$ only the backquotes."""
    out: list[tuple[int, int]] = []
    opened: dict[int, int] = {}  # width of backquotes: where they stand
    for m in re.finditer(r"`+|\n[ \t\r]*\n", text):
        if not m.group().startswith("`"):
            opened.clear()
            continue
        width = len(m.group())
        start = opened.pop(width, None)
        if start is None:
            opened[width] = m.start()
        elif text[start - 1 : start] == "$" and text[m.end() : m.end() + 1] == "$":
            out += [(start, start + width), m.span()]
        else:
            out.append((start, m.end()))
            opened.clear()
    return out


MAX_FORMULAS = 20_000
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_MATHEMATICAL = re.compile(r"[=^_+{}<>]|\\[A-Za-z]")
_OPENING = re.compile(
    r"""(?P<escaped>\\\$) | (?P<double>\$\$) | (?P<single>\$) | (?P<round>\\\\?\() | (?P<square>\\\\?\[)
      | \\begin\s*\{(?P<environment>[A-Za-z]+\*?)\}""",
    re.VERBOSE,
)


def find(text: str, masked: str) -> list[Region]:
    """The mathematics of a masked text, in order.

    Raises:
        DocumentError: a $ or $$ without its partner.
    """
    out: list[Region] = []
    absent: set[str] = set()  # closing delimiters that no longer occur
    breaks = [m.start() for m in _BLANK_LINE.finditer(masked)]

    def closing(closer: str, start: int) -> int:
        close = -1 if closer in absent else masked.find(closer, start)
        if close < 0:
            absent.add(closer)
        return close

    at = 0
    while m := _OPENING.search(masked, at):
        at = m.end()
        region: Region | None = None
        if len(out) > MAX_FORMULAS:
            raise DocumentError(
                f"there are more than {MAX_FORMULAS:,} formulas in the document", hint="check its chapters one by one"
            )
        match m.lastgroup:
            case "double":
                close = _unescaped(masked, "$$", m.end())
                if close < 0:
                    raise _unbalanced(text, m.start(), "$$")
                region = Region(m.end(), close, m.start(), close + 2, True)
            case "single":
                paragraph = bisect_left(breaks, m.end())
                limit = breaks[paragraph] if paragraph < len(breaks) else len(masked)
                region = _inline(text, masked, m, limit)
            case "round" | "square":
                closer = m.group()[:-1] + (")" if m.lastgroup == "round" else "]")
                close = closing(closer, m.end())
                if close >= 0 and (
                    m.lastgroup == "square" or bisect_left(breaks, m.end()) == bisect_left(breaks, close)
                ):
                    region = Region(m.end(), close, m.start(), close + len(closer), m.lastgroup == "square")
            case "environment" if m["environment"].rstrip("*") in alphabet.LINES:
                closer = "\\end{" + m["environment"] + "}"
                close = closing(closer, m.end())
                if close >= 0:
                    end = close + len(closer)
                    plain = m["environment"].rstrip("*") in {"equation", "math", "displaymath"}
                    region = Region(m.end() if plain else m.start(), close if plain else end, m.start(), end, True)
            case _:
                pass
        if region is not None:
            out.append(region)
            at = region.outer_end
    return out


def _inline(text: str, masked: str, m: re.Match[str], limit: int) -> Region | None:
    """$…$ within a paragraph, which ends at `limit`; an amount of money is none."""
    close = _unescaped(masked, "$", m.end())
    money = masked[m.end() : m.end() + 1].isdigit()
    if close < 0 or close >= limit:
        if money:
            return None
        raise _unbalanced(text, m.start(), "$")
    if money and masked[close - 1].isspace():
        # "$5 and $10", "$5 for $x$": no mathematics between them.
        if masked[close + 1 : close + 2].isdigit() or not _MATHEMATICAL.search(masked, m.end(), close):
            return None
    return Region(m.end(), close, m.start(), close + 1, _alone(masked, m.start(), close + 1))


def _unescaped(text: str, what: str, at: int) -> int:
    while (at := text.find(what, at)) >= 0 and text[at - 1] == "\\" and text[at - 2 : at - 1] != "\\":
        at += 1
    return at


def _alone(text: str, start: int, end: int) -> bool:
    """Whether nothing else stands on the lines of a place but punctuation."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    line_end = text.find("\n", end)
    after = text[end : line_end if line_end >= 0 else len(text)]
    return not before.strip(" \t>*-") and not after.strip(" \t.,;")


def _unbalanced(text: str, at: int, sign: str) -> DocumentError:
    line = text.count("\n", 0, at) + 1
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    shown = text[start : end if end >= 0 else len(text)]
    column = at - start + 1
    if column > 60:
        shown, column = "…" + shown[column - 40 :], 41
    error = DocumentError(
        f"line {line}, column {at - start + 1}: this {sign} is not closed",
        hint=rf"close it with {sign}; a dollar sign of prose is written \$",
        place=f"{shown[:90]}\n{' ' * (column - 1)}^",
    )
    error.line, error.column = line, at - start + 1
    return error
