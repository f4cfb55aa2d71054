"""Reads a document, Markdown or plain LaTeX: its formulas as trees with places, and the prose between them."""

from __future__ import annotations

import re

from chainrule.checker import macros as macros_, regions
from chainrule.checker.statements import statements
from chainrule.checker.syntax import Document, Formula
from chainrule.errors import DocumentError

MAX_LENGTH = 2_000_000
_MAX_WORDS = 800
_BINARY = {
    "%PDF-": "a PDF", "\x89PNG": "an image", "\ufffdPNG": "an image", "GIF8": "an image", "\xff\xd8\xff": "an image",
    "\ufffd\ufffd\ufffd\ufffd\x00\x10JFIF": "an image", "PK\x03\x04": "an archive or a Word document",
    "{\\rtf": "a rich-text document",
}  # fmt: skip


def read(text: str, name: str = "the text") -> Document:
    """The document that a text holds.

    Raises:
        DocumentError: the text is no text, is too long, or has a $ without its partner.
    """
    refuse_what_is_no_text(text, name)
    front, body = _front_matter(text)
    masked = regions.blank(text, [(0, body)])
    defined, places = macros_.find(masked)
    fenced: list[regions.Region] = []
    if regions.is_tex(masked, name):
        masked = regions.mask_tex(regions.blank(masked, places))
    else:
        masked, fenced = regions.mask_markdown(regions.blank(masked, places))
        masked = regions.blank(masked, [r for f in fenced for r in ((f.outer_start, f.outer_end),)])
    found = sorted([*regions.find(text, masked), *fenced], key=lambda r: r.start)
    readable = _readable(text, masked, fenced, places)
    formulas: list[Formula] = []
    for k, r in enumerate(found):
        start, end = _trimmed(readable, r.start, r.end)
        made = statements(readable, start, end, defined) if start < end else ()
        if not made:
            continue
        before = masked[found[k - 1].outer_end if k else 0 : r.outer_start]
        after = masked[r.outer_end : found[k + 1].outer_start if k + 1 < len(found) else len(masked)]
        formula = Formula(
            text[start:end], made, r.display, _last_paragraph(before), _first_paragraph(after), start=start, end=end
        )
        formulas.append(formula)
    return Document(name, text, tuple(formulas), front)


def _readable(text: str, masked: str, fenced: list[regions.Region], places: list[tuple[int, int]]) -> str:
    """The masked text, with fenced mathematics put back."""
    out: list[str] = []
    at = 0
    for f in fenced:
        out += [masked[at : f.start], text[f.start : f.end]]
        at = f.end
    out.append(masked[at:])
    return regions.blank("".join(out), places)


def refuse_what_is_no_text(text: str, name: str) -> None:
    """Say what it is instead, and what to do.

    Raises:
        DocumentError: the text is that of a PDF, an image and the like, holds zero bytes, or is too long.
    """
    head = text[:64].lstrip("\ufeff")
    for mark, what in _BINARY.items():
        if head.startswith(mark):
            raise DocumentError(
                f"{name} is {what}, not text", hint="give its text as Markdown or LaTeX, with formulas between $ signs"
            )
    if "\x00" in text:
        raise DocumentError(f"{name} is not text: it holds zero bytes", hint="give a Markdown or LaTeX file in UTF-8")
    if len(text) > MAX_LENGTH:
        raise DocumentError(f"{name} is longer than {MAX_LENGTH:,} characters", hint="check its chapters one by one")


_FRONT = re.compile(r"\A\ufeff?---[ \t\r]*\n(.*?)^(?:---|\.\.\.)[ \t\r]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def _front_matter(text: str) -> tuple[dict[str, str], int]:
    """The `key: value` lines between two lines of --- at the start, and where they end."""
    m = _FRONT.match(text)
    if m is None:
        return {}, 0
    out: dict[str, str] = {}
    key = ""
    for line in m[1].splitlines():
        entry = re.match(r"([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*)|[ \t]*)\Z", line)
        if entry:
            key = entry[1].lower()
            out[key] = (entry[2] or "").strip().strip("\"'|>").strip()
        elif key and line.strip() and line[0] in " \t":
            more = line.strip().removeprefix("- ")
            out[key] = f"{out[key]}\n{more}".strip()
        elif line.strip() and not line.lstrip().startswith("#"):
            return {}, 0  # a rule between paragraphs, not front matter
    return out, m.end()


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _paragraphs(text: str) -> list[str]:
    return [" ".join(p.split()) for p in re.split(r"\n[ \t\r]*\n", text) if p.strip()]


def _last_paragraph(text: str) -> str:
    found = _paragraphs(text[-_MAX_WORDS:])
    return found[-1] if found else ""


def _first_paragraph(text: str) -> str:
    found = _paragraphs(text[:_MAX_WORDS])
    return found[0] if found else ""
