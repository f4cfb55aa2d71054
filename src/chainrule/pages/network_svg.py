"""A drawing of a fully connected network: values in its nodes, weights on its edges, δ below the nodes.

Ids of its elements, with layer 0 for the input and units counted from 1: `n-1-2` is the second unit of layer 1, `d-1-2`
its δ, and `e-1-2-3` the edge to it from the third unit of layer 0, on which W¹₂₃ stands.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from html import escape

from chainrule.pages.network_layout import (
    CAPTION,
    DELTA,
    MARGIN,
    NODE,
    Layer,
    Place,
    Unit,
    Weights,
    edge_texts,
    place_labels,
    places,
)

__all__ = ["Layer", "Unit", "network_svg"]

_LEAST = 0.85  # how far a page may shrink it to make it fit


def network_svg(
    layers: Sequence[Layer], edges: Sequence[Weights] = (), title: str = "Network", description: str = ""
) -> str:
    """The network as an `svg` element.

    edges: for every layer but the first, the rows of its weight matrix as texts: one row a unit, one column a unit of
    the layer before. They are shown between layers that have at most 12 edges.

    Raises:
        ValueError: there is no layer, or one without units.

    Examples:
        >>> svg = network_svg([Layer("input", (Unit("1"),)), Layer("output", (Unit("1/2"),))], [[["1/2"]]])
        >>> svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        True

    """
    if not layers or not all(layer.units for layer in layers):
        raise ValueError("a network is drawn from layers that have units")
    columns = places(layers, edges)
    right = max(columns[-1][0].x + max(layers[-1].caption_half, *(p.extent for p in columns[-1])), 0) + MARGIN
    below = (DELTA if any(u.delta for layer in layers for u in layer.units) else 0) + (
        20 if any(layer.folded for layer in layers) else 0
    )
    bottom = max(p.y for column in columns for p in column) + NODE / 2 + below + MARGIN
    body = [
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description or _described(layers))}</desc>",
        f"<style>{_STYLE}</style>",
        *_edges(columns, edges),
        *(line for n, column in enumerate(columns) for p in column for line in _node(n, p)),
        *_captions(layers, columns),
    ]
    inner = "\n".join(body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="network" viewBox="0 0 {_number(right)} {_number(bottom)}" '
        f'width="{_number(right)}" height="{_number(bottom)}" style="min-width:{_number(_LEAST * right)}px" role="img">'
        f"\n{inner}\n</svg>"
    )


def _edges(columns: list[list[Place]], weights: Sequence[Weights]) -> Iterator[str]:
    """Lines, and above all of them the texts that stand on them."""
    pairs = list(enumerate(itertools.pairwise(columns), 1))
    for n, (left, right) in pairs:
        yield from (_line(n, a, b) for b in right for a in left if a.number and b.number)
    for n, (left, right) in pairs:
        labels, _ = place_labels(edge_texts(weights, n, left, right), left, right)
        for (i, j), label in labels.items():
            yield _text(label.text, label.x, label.y, "weight", f' data-edge="e-{n}-{i}-{j}"')


def _line(n: int, a: Place, b: Place) -> str:
    ends = {"x1": a.x + a.half, "y1": a.y, "x2": b.x - b.half, "y2": b.y}
    at = " ".join(f'{key}="{_number(value)}"' for key, value in ends.items())
    return f'<line id="e-{n}-{b.number}-{a.number}" class="edge" {at}/>'


def _node(n: int, p: Place) -> Iterator[str]:
    if not p.number:
        yield _text("⋮", p.x, p.y, "more")
        return
    corner = {"x": p.x - p.half, "y": p.y - NODE / 2, "width": 2 * p.half, "height": NODE, "rx": NODE / 2}
    at = " ".join(f'{key}="{_number(value)}"' for key, value in corner.items())
    value = _text(p.unit.value, p.x, p.y, "value")
    yield f'<g id="n-{n}-{p.number}" class="node"><rect {at}/>{value}</g>'
    if p.unit.delta:
        yield _text(f"δ {p.unit.delta}", p.x, p.y + NODE / 2 + 11, "delta", f' id="d-{n}-{p.number}"')


def _captions(layers: Sequence[Layer], columns: list[list[Place]]) -> Iterator[str]:
    for layer, column in zip(layers, columns, strict=True):
        yield _text(layer.label, column[0].x, MARGIN + CAPTION / 3, "layer")
        if layer.folded:
            yield _text(f"{len(layer.units)} units", column[0].x, column[-1].y + NODE / 2 + DELTA + 10, "units")


def _text(text: str, x: float, y: float, kind: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{_number(x)}" y="{_number(y)}"{more}>{escape(text)}</text>' if text else ""


def _described(layers: Sequence[Layer]) -> str:
    """What it shows, for those who do not see it."""
    parts: list[str] = []
    for layer in layers:
        values = [f"{u.value} (δ {u.delta})" if u.delta else u.value for u in layer.units if u.value]
        shown = ", ".join(values) if values and not layer.folded else f"{len(layer.units)} units"
        parts.append(f"{layer.label}: {shown}")
    return f"A fully connected network. {'; '.join(parts)}."


def _number(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


_STYLE = """
.network{font-family:system-ui,sans-serif}
.network text{fill:var(--ink,currentColor);text-anchor:middle;dominant-baseline:central;font-size:14px}
.network .edge{stroke:var(--faint,#767676);stroke-width:1}
.network text.weight,.network text.layer,.network text.units,.network text.delta{font-size:12px}
.network .weight{paint-order:stroke;stroke:var(--paper,#fff);stroke-width:4px;stroke-linejoin:round}
.network rect{fill:var(--raised,#f4f4f1);stroke:var(--ink,currentColor);stroke-width:1.5}
.network text.delta{fill:var(--back,#a33e00)}
.network text.layer,.network text.units{fill:var(--soft,#5c5c5c)}
.network .edge.lit{stroke:var(--accent,#0b57d0);stroke-width:3}
.network text.weight.lit{fill:var(--accent,#0b57d0);font-weight:700}
.network .node.lit rect{stroke:var(--accent,#0b57d0);stroke-width:3.5}
.network .node.lit text,.network text.delta.lit{font-weight:700}
.network text.delta.lit{text-decoration:underline}
"""
