"""A document with every kind of block, as a network and a derivation would make it."""

from __future__ import annotations

from fractions import Fraction

from chainrule.notation.parser import parse
from chainrule.pages.document import (
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

SCRIPTS = {
    "W1": ("W", "1"), "W2": ("W", "2"), "z1": ("z", "1"), "z2": ("z", "2"), "a1": ("a", "1"), "a2": ("a", "2"),
    "delta1": ("delta", "1"), "delta2": ("delta", "2"), "b1": ("b", "1"),
}  # fmt: skip
HOSTILE = """<script>alert("x")</script> & $\\input{/etc/passwd}$ | `a` *b* _c_ # % ~ ^ {"}"""
EQUALS, PLUS = Math.sign("="), Math.sign("+")


def name(text: str) -> Math:
    return Math.name(text, SCRIPTS)


def matrix(rows: list[list[int | Fraction]]) -> Math:
    return Math.matrix([[Math.number(x) for x in row] for row in rows])


def drawing(deltas: bool = True) -> str:
    def units(*pairs: tuple[str, str]) -> tuple[Unit, ...]:
        return tuple(Unit(value, delta if deltas else "") for value, delta in pairs)

    layers = [
        Layer("input", units(("1", ""), ("1", ""))),
        Layer("layer 1: tanh", units(("0", "−9"), ("8", "−13/7"), ("1", "−2/3"))),
        Layer("output: identity", units(("26", "24"), ("−13/7", "−34/7"))),
    ]
    weights = [[["1", "−2"], ["2", "4"], ["−3", "1"]], [["1", "3", "1"], ["−5/7", "2", "−1"]]]
    return network_svg(layers, weights, "The network", "Two inputs, three hidden units, two outputs.")


def document() -> Document:
    w = matrix([[1, -2], [2, 4], [-3, 1]])
    x = matrix([[1], [1]])
    forward = Equations((
        Row(Math.row(name("z1"), EQUALS, name("W1"), name("x"), PLUS, name("b1"), EQUALS, w, x, PLUS,
                     matrix([[1], [2], [3]]), EQUALS, matrix([[0], [8], [1]])), "the first layer's weighted inputs"),
        Row(Math.row(name("t"), EQUALS, x)),
        Row(Math.row(name("a1"), EQUALS, Math.of(parse("tanh(z1)", "z1: n"), SCRIPTS)), "elementwise"),
    ))  # fmt: skip
    delta = Math.of(parse("(W2'*delta2).*(1 - a1.^2)", "W2: m n; delta2: m; a1: n"), SCRIPTS)
    back = Equations((
        Row(Math.row(Math.partial(name("C"), name("z1")), EQUALS, name("delta1"), EQUALS, delta),
            "chain rule through the second layer; the derivative of tanh is 1 − tanh², written with its own value"),
        Row(Math.row(Math.partial(name("C"), name("W1")), EQUALS, name("delta1"), Math.transpose(name("x")), EQUALS,
                     matrix([[Fraction(-13, 7), -9], [-9, Fraction(1, 3)], [0, 12]])), "outer product"),
        Row(Math.row(name("W1"), Math.sign("←"), name("W1"), Math.sign("−"),
                     Math.scaled(Math.number(Fraction(1, 100)), Math.partial(name("C"), name("W1"))))),
    ))  # fmt: skip
    table = Table(
        ("quantity", "shape", "value"),
        (
            (name("W1"), "3 × 2", w),
            (name("delta2"), "2 × 1", matrix([[24], [Fraction(-34, 7)]])),
            ("loss", "", Math.decimal("0.798412…")),
        ),
        "What is known after the first step",
    )
    frames = (
        Frame("Forward: the hidden layer", (forward,), frozenset({"n-1-1", "n-1-2", "n-1-3", "e-1-1-1", "e-1-1-2"})),
        Frame("Backward: δ of the hidden layer", (back,), frozenset({"d-1-1", "d-1-2", "d-1-3", "e-2-1-1", "e-2-2-1"})),
        Frame("Update", (Note("The loss falls.", "right"),)),
    )
    return Document(
        "A network, worked by hand",
        (
            Paragraph(("Let ", name("W1"), " be the weights of the first layer, and ", name("x"),
                       " the input. The loss is ",
                       Math.of(parse("0.5*norm2(a2 - t)^2", "a2, t: m"), SCRIPTS), ".")),
            Heading("The network", anchor="network"),
            Figure(drawing(), "input 1, 1\nlayer 1: 0, 8, 1   (δ −9, −13/7, −2/3)", "Values above, δ below."),
            Heading("Forward"),
            forward,
            Heading("Backward"),
            back,
            Heading("In a table", 3),
            table,
            Details("Why the transpose", (Paragraph(("Because ", Math.transpose(name("W2")), " has the right shape.")),
                                          Equations((Row(Math.row(name("x"), EQUALS, name("x"))),)))),
            Note("Loss is summed, not averaged."),
            Note("The factor 1/N is missing.", "warning"),
            Note("δ² has the right sign.", "right"),
            Note("W¹ is transposed.", "wrong"),
            Heading("Step by step"),
            Stepper(frames, drawing()),
        ),
    )  # fmt: skip


def hostile() -> Document:
    """Every text that a user could give, with everything that a medium could take for markup."""
    m = Math.words(HOSTILE)
    return Document(
        HOSTILE,
        (
            Heading(HOSTILE, 2, 'a" onclick="x'),
            Paragraph((HOSTILE, m)),
            Equations((Row(Math.row(name("x"), EQUALS, m), HOSTILE),)),
            Table((HOSTILE, m), ((HOSTILE, m),), HOSTILE),
            Figure(network_svg([Layer(HOSTILE, (Unit(HOSTILE, HOSTILE),))], (), HOSTILE, HOSTILE), HOSTILE, HOSTILE),
            Details(HOSTILE, (Note(HOSTILE),)),
            Stepper((Frame(HOSTILE, (Paragraph((HOSTILE,)),), frozenset({HOSTILE})),), ""),
        ),
        'en"><script>',
    )
