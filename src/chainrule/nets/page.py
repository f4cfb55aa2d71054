"""A network as a page: its formulas, and with numbers the tables of a worked example."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.core.expr import Apply
from chainrule.core.graph import walk
from chainrule.core.size import size
from chainrule.nets.arithmetic import Floats
from chainrule.nets.drawing import drawable, drawing, stepper
from chainrule.nets.formulas import Formulas
from chainrule.nets.general import general
from chainrule.nets.network import Network
from chainrule.nets.numerals import LARGEST, array, number, rounded
from chainrule.nets.views import views
from chainrule.nets.work import Step, Worked
from chainrule.nets.writer import AT_ONCE, EQUALS
from chainrule.nets.written import Numbers
from chainrule.pages.document import Block, Details, Document, Equations, Heading, Note, Paragraph, Row
from chainrule.pages.math import Math

COMPARISONS = ("lt", "le", "gt", "ge")  # what they choose between has the kink


def formula_page(net: Network) -> Document:
    """Forward equations, error signals, gradients and update, each with its derivation."""
    if net.any_depth:
        return general_page(net)
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


def general_page(net: Network) -> Document:
    """The formulas for any layer of a network of any depth."""
    samples, depth = net.samples, str(net.spec.layers)
    batch = None if samples == 1 else size(samples if isinstance(samples, str) else "N")
    return Document(net.spec.title or f"Backpropagation through {depth} layers", general(batch, depth))


def conventions(net: Network) -> Iterator[Block]:
    """What the derivatives are at kinks of the activations and of the loss."""
    moving = set(net.parameters.values())
    kinks = {
        n.op.kink: None
        for n in walk(net.cost)
        if isinstance(n, Apply) and n.op.kink and n.op.name not in COMPARISONS and not moving.isdisjoint(n.variables)
    }
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
                blocks += list(Numbers(w, step).losses())
        else:
            blocks += mine
    kind = ("right" if w.agreement.compared else "note") if w.agreement.holds else "wrong"
    blocks += [Heading("Three ways to the gradient"), Note(str(w.agreement), kind)]
    if any(rounded(v) for step in w.steps for v in (*step.after.values(), step.loss_after)):
        in_floats = isinstance(w.kind, Floats)
        why = (
            "they are computed in float64, with about 15 digits"
            if in_floats
            else "every digit that is printed is right"
        )
        blocks.append(Paragraph((f"Rounded numbers follow ≈; {why}.",)))
    title = net.spec.title or f"Backpropagation by hand: {_shape(net)}"
    return Document(title, tuple(blocks))


def given_numbers(w: Worked) -> Iterator[Block]:
    """The numbers that the network starts from."""
    f = Formulas(w.net, w.formulas)
    rows = [Row(Math.row(f.write.name(n), EQUALS, array(w.steps[0].before[n]))) for n in w.net.parameters]
    given = [
        Row(Math.row(f.write.name(v), EQUALS, array(w.steps[0].values[v.name])), "input") for v in w.net.parts.inputs
    ]
    target = Row(Math.row(f.write.name(w.net.t), EQUALS, array(w.steps[0].values["t"])), "targets")
    rate = Row(Math.row(Math.name("eta"), EQUALS, number(w.net.learning_rate)), "learning rate")
    yield Heading("Given")
    yield Equations((*given, target, *rows, rate))
    if any(n > LARGEST for n in w.net.sizes if isinstance(n, int)):
        yield Paragraph(("Of large matrices the first rows and columns are shown.",))


def step_blocks(w: Worked, step: Step) -> Iterator[Block]:
    """One step: forward, backward, gradients, update, loss."""
    n = Numbers(w, step)
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
