"""Drawings of networks: everything is there once, and nothing lies on anything else."""

from __future__ import annotations

import itertools
import random
import re
from xml.etree import ElementTree as ET

import pytest

from chainrule.pages.network_layout import edge_texts, place_labels, places
from chainrule.pages.network_svg import Layer, Unit, network_svg

SVG = "{http://www.w3.org/2000/svg}"


def network(*sizes: int, seed: int = 0, length: int = 7) -> tuple[list[Layer], list[list[list[str]]]]:
    """A network with random texts as its values, of at most this length."""
    rng = random.Random(seed)

    def text() -> str:
        return f"−{'1234567/'[: rng.randint(1, length - 1)]}"

    layers = [
        Layer(f"layer {n}: softmax", tuple(Unit(text(), text() if n else "") for _ in range(size)))
        for n, size in enumerate(sizes)
    ]
    return layers, [[[text() for _ in range(a)] for _ in range(b)] for a, b in itertools.pairwise(sizes)]


def ids(svg: str, tag: str) -> list[str]:
    return [e.get("id", "") for e in ET.fromstring(svg).iter(SVG + tag) if e.get("id")]


def test_every_unit_edge_and_delta_has_its_id() -> None:
    layers, weights = network(2, 3, 2)
    svg = network_svg(layers, weights)
    assert ids(svg, "g") == ["n-0-1", "n-0-2", "n-1-1", "n-1-2", "n-1-3", "n-2-1", "n-2-2"]
    assert set(ids(svg, "text")) == {"d-1-1", "d-1-2", "d-1-3", "d-2-1", "d-2-2"}
    first = {f"e-1-{i}-{j}" for i in (1, 2, 3) for j in (1, 2)}
    assert set(ids(svg, "line")) == first | {f"e-2-{i}-{j}" for i in (1, 2) for j in (1, 2, 3)}


def test_a_weight_stands_on_the_edge_that_its_indices_name() -> None:
    weights = [[["w11", "w12"], ["w21", "w22"], ["w31", "w32"]]]
    svg = ET.fromstring(network_svg(network(2, 3)[0], weights))
    lines = {e.get("id"): [float(e.get(k, "")) for k in ("x1", "y1", "x2", "y2")] for e in svg.iter(SVG + "line")}
    shown = {e.get("data-edge"): e for e in svg.iter(SVG + "text") if e.get("class") == "weight"}
    assert {key: e.text for key, e in shown.items()} == {f"e-1-{i}-{j}": f"w{i}{j}" for i in (1, 2, 3) for j in (1, 2)}
    for key, e in shown.items():
        x1, y1, x2, y2 = lines[key]
        x, y = float(e.get("x", "")), float(e.get("y", ""))
        assert x1 < x < x2
        assert y == pytest.approx(y1 + (x - x1) / (x2 - x1) * (y2 - y1), abs=0.2)
    centre = {e.get("id"): e.find(SVG + "text") for e in svg.iter(SVG + "g")}
    from_second, to_third = centre["n-0-2"], centre["n-1-3"]
    assert from_second is not None
    assert to_third is not None
    assert lines["e-1-3-2"][1] == float(from_second.get("y", ""))
    assert lines["e-1-3-2"][3] == float(to_third.get("y", ""))


@pytest.mark.parametrize(
    "sizes", [(2, 3, 2), (2, 3, 2, 1), (1, 1), (3, 4), (4, 3, 1), (1, 12), (2, 2, 2, 2, 2), (6, 2)]
)
def test_no_text_lies_on_another(sizes: tuple[int, ...]) -> None:
    for seed in range(10):
        layers, weights = network(*sizes, seed=seed)
        columns = places(layers, weights)
        assert all(a.x + a.extent < b.x - b.extent for l, r in itertools.pairwise(columns) for a in l for b in r)
        for n, (left, right) in enumerate(itertools.pairwise(columns), 1):
            texts = edge_texts(weights, n, left, right)
            labels, fits = place_labels(texts, left, right)
            assert fits
            assert len(labels) == (0 if sizes[n] * sizes[n - 1] > 12 else sizes[n] * sizes[n - 1]) or sizes[n] > 8
            assert not any(a.overlaps(b) for a, b in itertools.combinations(labels.values(), 2))
            assert not any(label.touches(p) for label in labels.values() for p in left + right)


def test_more_than_twelve_edges_are_drawn_without_weights() -> None:
    layers, weights = network(4, 4)
    svg = network_svg(layers, weights)
    assert len(ids(svg, "line")) == 16
    assert "data-edge" not in svg


def test_a_large_layer_is_folded() -> None:
    layers = [Layer("pixels", tuple(Unit() for _ in range(64))), Layer("classes", tuple(Unit() for _ in range(8)))]
    svg = network_svg(layers, [[["1"] * 64] * 8])
    assert ids(svg, "g")[:5] == ["n-0-1", "n-0-2", "n-0-3", "n-0-64", "n-1-1"]
    assert len(ids(svg, "line")) == 4 * 8
    assert ">64 units<" in svg
    assert svg.count("⋮") == 1
    assert "pixels: 64 units; classes: 8 units" in svg


def test_everything_is_within_the_drawing() -> None:
    for seed in range(5):
        layers, weights = network(2, 3, 1, seed=seed, length=8)
        layers[0] = Layer("a very long caption of the first layer", layers[0].units)
        layers[-1] = Layer("a very long caption of the last layer", layers[-1].units)
        svg = ET.fromstring(network_svg(layers, weights))
        _, _, w, h = map(float, svg.get("viewBox", "").split())
        for e in svg.iter(SVG + "text"):
            half = len(e.text or "") * 12 * 0.62 / 2
            assert half <= float(e.get("x", "")) <= w - half
            assert 8 <= float(e.get("y", "")) <= h - 8


def test_it_has_a_title_and_a_description_with_the_values() -> None:
    svg = network_svg([Layer("input", (Unit("1/2"),)), Layer("output", (Unit("3", "−2"),))])
    root = ET.fromstring(svg)
    assert root.findtext(SVG + "title") == "Network"
    assert root.findtext(SVG + "desc") == "A fully connected network. input: 1/2; output: 3 (δ −2)."


def test_weights_that_are_too_many_or_too_few_are_left_out() -> None:
    layers, _ = network(2, 2)
    svg = network_svg(layers, [[["1", "2", "3"]], [["4"]]])
    assert re.findall('data-edge="(.*?)"', svg) == ["e-1-1-1", "e-1-1-2"]


@pytest.mark.parametrize("layers", [[], [Layer("input", ())]])
def test_what_cannot_be_drawn_is_refused(layers: list[Layer]) -> None:
    with pytest.raises(ValueError, match="layers that have units"):
        network_svg(layers)
