"""A network drawn, and gone through layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.nets.network import Network
from chainrule.nets.numerals import number
from chainrule.nets.work import Worked
from chainrule.nets.written import Numbers
from chainrule.pages.document import Equations, Figure, Frame, Stepper
from chainrule.pages.network_layout import MOST_LABELS
from chainrule.pages.network_svg import Layer, Unit, network_svg


def drawable(net: Network) -> bool:
    """Whether the network is a chain of layers of known sizes."""
    return not net.steps and all(isinstance(n, int) for n in net.sizes)


def picture(w: Worked) -> tuple[str, list[Layer]]:
    """The drawing as SVG, and its layers; with values where there is one sample."""
    step, single = w.steps[0], w.net.batch is None
    sizes = [n for n in w.net.sizes if isinstance(n, int)]

    def units(label: str, n: int, a: Any, delta: Any) -> Layer:
        plain = Layer(label, (Unit(),) * n)
        if not single:
            return plain
        texts = {k: (_short(a[k - 1]), "" if delta is None else _short(delta[k - 1])) for k, _ in plain.drawn if k}
        return Layer(label, tuple(Unit(*texts.get(k, ("", ""))) for k in range(1, n + 1)))

    layers = [units("input", sizes[0], step.values[w.net.stages[0].reads[0].name], None)]
    weights: list[list[list[str]]] = []
    for v in step.stages:
        n, m = sizes[v.stage.layer], sizes[v.stage.layer - 1]
        layers.append(units(f"layer {v.stage.layer}", n, v.a, v.delta))
        rows = np.asarray(step.before[f"W{v.stage.owner}"], dtype=object) if n * m <= MOST_LABELS else []
        weights.append([[_short(x) for x in row] for row in rows])
    return network_svg(layers, weights, title=w.net.spec.title or "The network"), layers


def _short(x: Any) -> str:
    return str(number(x))


def drawing(w: Worked) -> Figure:
    """The network drawn: values in its units, weights on its edges, δ below."""
    caption = "Outputs in the units, weights on the edges, δ below the units." if w.net.batch is None else ""
    return Figure(picture(w)[0], f"[{' → '.join(map(str, w.net.sizes))}]", caption)


def stepper(w: Worked) -> Stepper:
    """Forward layer by layer, back again, and the update, each with what it touches in the drawing."""
    n = Numbers(w, w.steps[0])
    svg, layers = picture(w)
    drawn = [[k for k, _ in layer.drawn if k] for layer in layers]
    last = len(layers) - 1
    frames: list[Frame] = []

    def ids(letter: str, layer: int) -> set[str]:
        return {f"{letter}-{layer}-{i}" for i in drawn[layer]}

    def edges(layer: int) -> set[str]:
        return {f"e-{layer}-{i}-{j}" for i in drawn[layer] for j in drawn[layer - 1]}

    for v in n.step.stages:
        k = v.stage.layer
        lit = ids("n", k - 1) | edges(k) | ids("n", k)
        frames.append(Frame(f"Forward: layer {k}", (Equations((n.net_line(v), n.out_line(v))),), frozenset(lit)))
    frames.append(Frame("The loss", (Equations((n.loss_line(),)),), frozenset(ids("n", last))))
    for s in w.formulas.delta:
        k = s.layer
        lit = ids("d", k) | (edges(k + 1) | ids("d", k + 1) if k < last else set[str]())
        frames.append(Frame(f"Backward: δ of layer {k}", (Equations((n.error_line(s),)),), frozenset(lit)))
    for v in n.step.stages:
        k, owner = v.stage.layer, v.stage.owner
        rows = tuple(n.gradient_line(x) for x in (f"W{owner}", f"b{owner}") if x in n.step.gradients)
        lit = ids("n", k - 1) | edges(k) | ids("d", k)
        frames.append(Frame(f"Gradients of layer {k}", (Equations(rows),), frozenset(lit)))
    everything = frozenset[str]().union(*(edges(k) for k in range(1, last + 1)))
    frames.append(Frame("Update", tuple(n.update()), everything))
    return Stepper(tuple(frames), svg)
