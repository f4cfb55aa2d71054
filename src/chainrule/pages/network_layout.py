"""Where the nodes of a drawn network stand, and the weights between them, so that no text lies on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from chainrule.pages import boxes

Weights: TypeAlias = Sequence[Sequence[str]]

MOST_UNITS, MOST_LABELS = 8, 12
FONT, SMALL = 14, 12
NODE, DELTA, MARGIN, CAPTION = 36, 20, 12, 30  # the heights of a node and of what stands below it; free space
_GAP = 26  # between two units
_CHARACTER = 0.62  # the width of a character, in parts of the font's size
_ALONG = tuple(k / 100 for k in range(12, 89, 4))  # where on its edge a weight may stand
_NEAR = 10  # a line that is nearer to a weight than this runs through it


@dataclass(frozen=True, slots=True)
class Unit:
    """What is shown in a node, and below it on the way back."""

    value: str = ""
    delta: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """The units of a layer; one of many units is drawn folded."""

    label: str
    units: tuple[Unit, ...]

    @property
    def folded(self) -> bool:
        return len(self.units) > MOST_UNITS

    @property
    def drawn(self) -> list[tuple[int, Unit]]:
        """The units that are drawn, by number; number 0 stands for those left out."""
        units = list(enumerate(self.units, 1))
        return [*units[:3], (0, Unit("⋮")), units[-1]] if self.folded else units

    @property
    def caption_half(self) -> float:
        """Half of the width of what stands above it."""
        return text_width(self.label, SMALL) / 2


@dataclass(frozen=True, slots=True)
class Place:
    """A node: its number within the layer, its centre, and half of its width."""

    number: int
    unit: Unit
    x: float
    y: float
    half: float

    @property
    def extent(self) -> float:
        """Half of the width of the node with its δ."""
        return max(self.half, text_width(f"δ {self.unit.delta}", SMALL) / 2 if self.unit.delta else 0)


@dataclass(frozen=True, slots=True)
class Label:
    """A text on an edge, by its centre."""

    text: str
    x: float
    y: float

    @property
    def half(self) -> float:
        return text_width(self.text, SMALL) / 2

    def overlaps(self, other: Label) -> bool:
        return abs(self.x - other.x) < self.half + other.half + 4 and abs(self.y - other.y) < SMALL + 3

    def touches(self, p: Place) -> bool:
        """Whether it lies on a node or on its δ."""
        if abs(self.x - p.x) >= self.half + p.extent + 3:
            return False
        high, below = (SMALL + NODE) / 2 + 2, DELTA if p.unit.delta else 0
        return -high < self.y - p.y < high + below


def text_width(text: str, font: int) -> float:
    """About how wide a text is."""
    return boxes.width(text) * font * _CHARACTER


def places(layers: Sequence[Layer], weights: Sequence[Weights]) -> list[list[Place]]:
    """A column of nodes for each layer, so far apart that the weights between them have room."""
    tallest = max(len(layer.drawn) for layer in layers)
    step, top = NODE + DELTA + _GAP, MARGIN + CAPTION + NODE / 2
    out: list[list[Place]] = []
    for n, layer in enumerate(layers):
        half = max(NODE / 2, *(text_width(u.value, FONT) / 2 + 9 for _, u in layer.drawn))
        first = top + (tallest - len(layer.drawn)) * step / 2
        column = [Place(k, u, 0, first + row * step, half) for row, (k, u) in enumerate(layer.drawn)]
        extent = max(p.extent for p in column)
        if not n:
            x = MARGIN + max(extent, layer.caption_half)
        else:
            left = out[-1]
            reach = left[0].x + max(p.extent for p in left) + extent
            least = left[0].x + layers[n - 1].caption_half + layer.caption_half + 16
            x = max(least, reach + _free_space(edge_texts(weights, n, left, column), left, column, reach))
        out.append(_at(column, x))
    return out


def _at(column: list[Place], x: float) -> list[Place]:
    return [replace(p, x=x) for p in column]


def _free_space(texts: dict[tuple[int, int], str], left: list[Place], column: list[Place], reach: float) -> float:
    """The least space between two columns, of some, in which all texts have room."""
    space = max(120.0, 4 * max((text_width(t, SMALL) for t in texts.values()), default=0))
    for _ in range(12):
        if place_labels(texts, left, _at(column, reach + space))[1]:
            break
        space *= 1.15
    return space


def edge_texts(weights: Sequence[Weights], n: int, left: list[Place], right: list[Place]) -> dict[tuple[int, int], str]:
    """The weights that are shown before layer n: (to, from) and the text."""
    folded = any(not p.number for p in left + right)
    if n > len(weights) or folded or len(left) * len(right) > MOST_LABELS:
        return {}
    rows = weights[n - 1]
    return {(i, j): w for i, row in enumerate(rows[: len(right)], 1) for j, w in enumerate(row[: len(left)], 1) if w}


def place_labels(
    texts: dict[tuple[int, int], str], left: list[Place], right: list[Place]
) -> tuple[dict[tuple[int, int], Label], bool]:
    """Every text on its edge where no other is; and whether there was room for all."""
    out: dict[tuple[int, int], Label] = {}
    fits = True
    for (i, j), text in texts.items():
        a, b = left[j - 1], right[i - 1]
        start, end = a.x + a.half, b.x - b.half
        found = [(t, Label(text, start + t * (end - start), a.y + t * (b.y - a.y))) for t in _ALONG]
        free = [
            (t, f) for t, f in found if not any(map(f.overlaps, out.values())) and not any(map(f.touches, left + right))
        ]
        fits = fits and bool(free)
        others = [(p, q) for q in right for p in left if (p, q) != (a, b)]
        _, out[i, j] = min(free or found, key=lambda at: (_crossed(at[1], others), abs(at[0] - 0.5), at[0]))
    return out, fits


def _crossed(label: Label, lines: list[tuple[Place, Place]]) -> int:
    """How many lines run through a text or close by it."""
    count = 0
    for a, b in lines:
        start, end = a.x + a.half, b.x - b.half
        ys = [a.y + (x - start) / (end - start) * (b.y - a.y) for x in (label.x - label.half, label.x + label.half)]
        count += min(ys) - _NEAR < label.y < max(ys) + _NEAR
    return count
