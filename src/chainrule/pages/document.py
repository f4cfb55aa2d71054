"""What a page is made of, whatever the medium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from chainrule.pages.math import Math

Inline: TypeAlias = str | Math


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title, which is of level 1; `anchor` is what a link can point to."""

    text: str
    level: int = 2
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words and formulas in a line of text."""

    parts: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a display: a formula, and why it holds."""

    parts: Math
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Equations:
    """Formulas one below the other, aligned at their first relation sign."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of a row is its name."""

    head: tuple[Inline, ...]
    rows: tuple[tuple[Inline, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing; `text` says the same where there are no drawings."""

    svg: str
    text: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What is folded away on a web page until it is asked for."""

    summary: str
    blocks: tuple[Block, ...]


Kind: TypeAlias = Literal["note", "warning", "right", "wrong"]
LABELS: dict[Kind, tuple[str, str]] = {
    "note": ("•", "Note"), "warning": ("!", "Warning"), "right": ("✓", "Right"), "wrong": ("✗", "Wrong"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """A remark; "right" and "wrong" are verdicts."""

    text: str
    kind: Kind = "note"


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of a stepper; `lit` are the ids of the elements of its drawing that are highlighted."""

    title: str
    blocks: tuple[Block, ...]
    lit: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Stepper:
    """A drawing that is gone through frame by frame; other media show the frames one after the other."""

    frames: tuple[Frame, ...]
    svg: str = ""


Block: TypeAlias = Heading | Paragraph | Equations | Table | Figure | Details | Note | Stepper


@dataclass(frozen=True, slots=True)
class Document:
    """A page: a title and what stands below it."""

    title: str
    blocks: tuple[Block, ...]
    language: str = "en"
