"""A network as a page: its formulas, and with numbers the tables of a worked example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainrule.core.expr import Apply, Expr, walk
from chainrule.core.size import size
from chainrule.nets.digits import decimal
from chainrule.nets.formulas import Formulas
from chainrule.nets.general import general
from chainrule.nets.network import Network, Stage
from chainrule.nets.spelled import LARGEST, array, entrywise, number, rounded, spelled, summed
from chainrule.nets.views import views
from chainrule.nets.work import StageValues, Step, Worked
from chainrule.nets.writer import BECOMES, EQUALS, MINUS, C
from chainrule.pages.document import (
    Block,
    Details,
    Document,
    Equations,
    Figure,
    Frame,
    Heading,
    Note,
    Paragraph,
    Row,
    Stepper,
    Table,
)
from chainrule.pages.math import Math
from chainrule.pages.network_svg import Layer, Unit, network_svg

APPROXIMATELY = Math.sign("≈")
Inline = str | Math


def formula_page(net: Network) -> Document:
    """Forward equations, error signals, gradients and update, each with its derivation."""
    f = Formulas(net)
    return Document(
        net.spec.title or f"Backpropagation through a network of {_shape(net)} units",
        (
            Paragraph((described(net),)),
            Heading("Forward"),
            f.forward(),
            Heading("Error signals"),
            f.errors(),
            *(f.error_derivation(s) for s in f.backward.delta),
            *conventions(net),
            Heading("Gradients"),
            f.gradients(),
            *(f.gradient_derivation(n) for n in net.parameters),
            *views(f),
            Heading("Update"),
            f.updates(),
            Paragraph((AT_ONCE,)),
        ),
    )


def general_page(net_samples: int | str, depth: str) -> Document:
    """The formulas for any layer of a network of any depth."""
    batch = None if net_samples == 1 else size(net_samples if isinstance(net_samples, str) else "N")
    return Document(f"Backpropagation through {depth} layers", general(batch, depth))


AT_ONCE = "All parameters change at once: every gradient is taken at the old weights."


def conventions(net: Network) -> Iterator[Block]:
    """What the derivatives are at kinks of the activations and of the loss."""
    kinks = {n.op.kink: None for n in walk(net.cost) if isinstance(n, Apply) and n.op.kink}
    if kinks:
        yield Paragraph((f"Convention at kinks: {'; '.join(kinks)}.",))


def _shape(net: Network) -> str:
    return "-".join(map(str, net.sizes))


def described(net: Network) -> str:
    """The network in a sentence."""
    layers = [
        f"{n} {'unit' if n == 1 else 'units'} ({layer.activation})"
        for n, layer in zip(net.sizes[1:], net.spec.layer, strict=True)
    ]
    samples = "" if net.samples == 1 else f", {net.samples} samples"
    kind = net.loss_kind
    loss = f"loss: {kind.name if kind else net.spec.loss}"
    if kind is not None and net.batch is not None:
        loss += f", {net.reduction} over the samples"
    return f"{net.sizes[0]} inputs{samples}; layers of {', '.join(layers)}; {loss}."


class _Numbers:
    """Writes one step of a worked example."""

    def __init__(self, w: Worked, step: Step) -> None:
        self.w, self.step, self.net = w, step, w.net
        self.f = Formulas(w.net, w.formulas)
        self.write = self.f.write

    def value(self, e: Expr) -> Any:
        """The value of an expression in this step."""
        return self.w.value(e, self.step)

    def chain(self, *parts: Math) -> Math:
        """Parts joined by =, those left out that say what was just said."""
        out: list[Math] = []
        for part in parts:
            if out and str(out[-1]) == str(part):
                continue
            out += [EQUALS, part] if out else [part]
        return Math.row(*out)

    def ended(self, start: Math, value: Any) -> Math:
        """A chain that ends in its value."""
        result = array(value)
        if start.parts and str(start.parts[-1]) == str(result):
            return start
        return Math.row(*(start.parts or (start,)), APPROXIMATELY if rounded(value) else EQUALS, result)

    def full(self, left: Math, e: Expr, value: Any) -> Math:
        """left = formula = formula with numbers = value."""
        return self.ended(self.chain(left, self.write.of(e), spelled(e, self.value)), value)

    # ------------------------------------------------------------ lines

    def net_line(self, v: StageValues) -> Row:
        """z = W a + b = numbers."""
        return Row(self.full(self.write.name(v.stage.z), v.stage.net, v.z))

    def out_line(self, v: StageValues) -> Row:
        """a = σ(z) = numbers."""
        return Row(self.activated(v.stage, v.z, v.a))

    def loss_line(self) -> Row:
        """C = numbers."""
        return Row(self.loss(), self.f.loss_words())

    def error_line(self, s: Stage) -> Row:
        """δ = ∂C/∂z = formula = numbers."""
        value = self.step.values[s.delta.name]
        e = self.w.formulas.delta[s]
        left = Math.row(self.write.name(s.delta), EQUALS, self.write.slope(s.z))
        return Row(self.ended(self.chain(left, self.write.of(e), spelled(e, self.value)), value))

    def gradient_line(self, name: str) -> Row:
        """∂C/∂W = formula = numbers."""
        return Row(self.full(self.write.slope(name), self.w.formulas.parameters[name], self.step.gradients[name]))

    # ------------------------------------------------------------ the parts of a step

    def forward(self) -> Iterator[Block]:
        """The table of z and a, and every line of it written out."""
        rows: list[tuple[Inline, ...]] = []
        lines: list[Row] = []
        first = self.net.stages[0].reads[0]
        rows.append(("0", self.write.name(first), "", array(self._input(first.name))))
        for v in self.step.stages:
            s = v.stage
            rows.append((s.label, self.write.of(s.net), array(v.z), array(v.a)))
            lines += [self.net_line(v), self.out_line(v)]
        yield Table(("layer", "net input", "z", "a"), tuple(rows))
        yield Equations(tuple(lines))
        yield Equations((self.loss_line(),))

    def _input(self, name: str) -> Any:
        return self.step.values[name]

    def activated(self, s: Stage, z: Any, a: Any) -> Math:
        """a = σ(z) = σ of the numbers = the numbers."""
        if s.out is s.z:
            return self.ended(self.chain(self.write.name(s.a), self.write.name(s.z)), a)
        each = entrywise(s, z) if rounded(a) else None
        return self.ended(self.chain(self.write.name(s.a), self.write.of(s.out), *([each] if each else ())), a)

    def loss(self) -> Math:
        """C = formula = formula with numbers = value."""
        said = summed(self.net.loss, self.value) if self.net.penalty is None else None
        return self.ended(self.chain(C, self.f.cost(), *([said] if said else ())), self.step.loss_before)

    def backward(self) -> Iterator[Block]:
        """The table of δ, the last layer first, and every line of it written out."""
        rows: list[tuple[Inline, ...]] = []
        lines: list[Row] = []
        for s, e in self.w.formulas.delta.items():
            value = self.step.values[s.delta.name]
            rows.append((s.label, self.write.of(e), array(value)))
            lines.append(self.error_line(s))
        yield Table(("layer", "formula", "δ"), tuple(rows))
        yield Equations(tuple(lines))

    def gradients(self) -> Iterator[Block]:
        """The gradient of every parameter, and of the input."""
        yield Equations(tuple(map(self.gradient_line, self.step.gradients)))
        inputs = [
            Row(self.full(self._through(v.stage), self.w.formulas.inputs[v.stage], v.dx)) for v in self.step.stages
        ]
        yield Details("The gradients of what each layer reads", (Equations(tuple(inputs)),))

    def _through(self, s: Stage) -> Math:
        readers = self.w.formulas.readers_of(s.reads[0])
        slope = self.write.slope(s.reads[0])
        return slope if len(readers) == 1 else Math.row(slope, Math.words(f"through {s.label}"))

    def update(self) -> Iterator[Block]:
        """The new parameters, from old ones and gradients."""
        rate = number(self.net.learning_rate)
        moved = self.step.velocity or self.step.gradients
        plain = not self.net.spec.update.weight_decay or bool(self.step.velocity)
        lines: list[Row] = []
        for n, new in self.step.after.items():
            change = array(moved[n])
            if not plain and not n.startswith("b"):
                decay = number(self.net.spec.update.weight_decay)
                change = Math.bracket(Math.row(change, Math.sign("+"), Math.scaled(decay, array(self.step.before[n]))))
            old = Math.row(array(self.step.before[n]), MINUS, Math.scaled(rate, change))
            lines.append(Row(self.ended(Math.row(self.write.name(n), BECOMES, *old.parts), new)))
        yield Equations(tuple(lines))
        yield Paragraph((AT_ONCE,))

    def losses(self) -> Iterator[Block]:
        """The loss before and after the update."""
        before, after = self.step.loss_before, self.step.loss_after
        yield Table(
            ("", "before the update", "after the update"),
            ((C, _with_decimal(before), _with_decimal(after)),),
        )
        if self.step.grew:
            yield Note("The update made the loss larger: the learning rate is too large here.", "warning")


def _with_decimal(x: Any) -> Math:
    m = number(x)
    shown = Math.decimal(decimal(x))
    if rounded(x):
        return Math.row(APPROXIMATELY, m)
    return m if str(m) == str(shown) else Math.row(m, APPROXIMATELY, shown)


def worked_page(w: Worked, interactive: bool = False, derivations: bool = True) -> Document:
    """Forward, backward, gradients and update in numbers, with the formulas that they come from.

    interactive: with a drawing to go through layer by layer, for a web page; derivations: with those of the formulas.
    """
    net = w.net
    f = Formulas(net, w.formulas)
    blocks: list[Block] = [Paragraph((described(net),))]
    blocks += given_numbers(w)
    if drawable(net):
        blocks += [Heading("One layer at a time"), stepper(w)] if interactive else [drawing(w)]
    blocks += [Heading("Formulas"), f.forward(), f.errors(), *conventions(net), f.gradients(), f.updates()]
    if derivations:
        blocks += [Details("Where the formulas come from", tuple(f.derivations())), *views(f)]
    for step in w.steps:
        mine = tuple(step_blocks(w, step))
        if len(w.steps) > 1:
            blocks.append(Heading(f"Step {step.number}"))
            blocks += mine if step.number == 1 else [Details(f"Step {step.number} in full", mine)]
            if step.number > 1:
                blocks += list(_Numbers(w, step).losses())
        else:
            blocks += mine
    kind = "right" if w.agreement.holds else "wrong"
    blocks += [Heading("Three ways to the gradient"), Note(f"The formulas are {w.agreement}.", kind)]
    if any(rounded(v) for step in w.steps for v in (*step.after.values(), step.loss_after)):
        blocks.append(Paragraph(("Rounded numbers follow ≈; every digit that is printed is right.",)))
    title = net.spec.title or f"Backpropagation by hand: {_shape(net)}"
    return Document(title, tuple(blocks))


def drawable(net: Network) -> bool:
    """Whether the network is a chain of layers of known sizes."""
    return not net.steps and all(isinstance(n, int) for n in net.sizes)


def _picture(w: Worked) -> tuple[str, str]:
    """The drawing as SVG and in words; with values where there is one sample."""
    step, single = w.steps[0], w.net.batch is None
    first = w.net.stages[0].reads[0]

    def units(n: Any, a: Any, delta: Any) -> tuple[Unit, ...]:
        shown = (
            [("", "")] * n
            if not single
            else [(_short(x), "" if d is None else _short(d)) for x, d in zip(a, delta, strict=True)]
        )
        return tuple(Unit(x, d) for x, d in shown)

    values = step.values[first.name]
    layers = [Layer("input", units(w.net.sizes[0], values, [None] * len(values)))]
    weights: list[list[list[str]]] = []
    for v in step.stages:
        n = w.net.sizes[v.stage.layer]
        layers.append(Layer(f"layer {v.stage.layer}", units(n, v.a, v.delta)))
        weights.append([[_short(x) for x in row] for row in step.before[f"W{v.stage.owner}"]])
    svg = network_svg(layers, weights, title=w.net.spec.title or "The network")
    return svg, " → ".join(map(str, w.net.sizes))


def _short(x: Any) -> str:
    return str(number(x))


def drawing(w: Worked) -> Figure:
    """The network drawn: values in its units, weights on its edges, δ below."""
    svg, words = _picture(w)
    caption = "Outputs in the units, weights on the edges, δ below the units." if w.net.batch is None else ""
    return Figure(svg, f"[{words}]", caption)


def stepper(w: Worked) -> Stepper:
    """Forward layer by layer, back again, and the update, each with what it touches in the drawing."""
    n = _Numbers(w, w.steps[0])
    sizes = [k for k in w.net.sizes if isinstance(k, int)]
    frames: list[Frame] = []

    def ids(letter: str, layer: int) -> set[str]:
        return {f"{letter}-{layer}-{i}" for i in range(1, sizes[layer] + 1)}

    def edges(layer: int) -> set[str]:
        return {f"e-{layer}-{i}-{j}" for i in range(1, sizes[layer] + 1) for j in range(1, sizes[layer - 1] + 1)}

    for v in n.step.stages:
        k = v.stage.layer
        lit = ids("n", k - 1) | edges(k) | ids("n", k)
        frames.append(Frame(f"Forward: layer {k}", (Equations((n.net_line(v), n.out_line(v))),), frozenset(lit)))
    last = len(sizes) - 1
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
    return Stepper(tuple(frames), _picture(w)[0])


def given_numbers(w: Worked) -> Iterator[Block]:
    """The numbers that the network starts from."""
    f = Formulas(w.net, w.formulas)
    rows = [Row(Math.row(f.write.name(n), EQUALS, array(w.steps[0].before[n]))) for n in w.net.parameters]
    first = {v.name: v for s in w.net.stages for v in s.reads if v.name.startswith("a0")}
    given = [Row(Math.row(f.write.name(v), EQUALS, array(w.steps[0].values[n])), "input") for n, v in first.items()]
    target = Row(Math.row(f.write.name(w.net.t), EQUALS, array(w.steps[0].values["t"])), "targets")
    rate = Row(Math.row(Math.name("eta"), EQUALS, number(w.net.learning_rate)), "learning rate")
    yield Heading("Given")
    yield Equations((*given, target, *rows, rate))
    if any(n > LARGEST for n in w.net.sizes if isinstance(n, int)):
        yield Paragraph(("Of large matrices the first rows and columns are shown.",))


def step_blocks(w: Worked, step: Step) -> Iterator[Block]:
    """One step: forward, backward, gradients, update, loss."""
    n = _Numbers(w, step)
    level = 2 if len(w.steps) == 1 else 3
    for title, part in (
        ("Forward", n.forward),
        ("Backward", n.backward),
        ("Gradients", n.gradients),
        ("Update", n.update),
        ("Loss", n.losses),
    ):
        yield Heading(title, level)
        yield from part()
