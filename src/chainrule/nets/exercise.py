"""Exercises: a network with small whole numbers to work through by hand, and its solution, the worked example."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
from flint import arb

from chainrule.errors import ChainruleError, DomainError, NetworkError
from chainrule.nets import losses
from chainrule.nets.backward import Backward
from chainrule.nets.formulas import Formulas
from chainrule.nets.network import Network
from chainrule.nets.numerals import array
from chainrule.nets.page import described, given_numbers
from chainrule.nets.work import Step, Worked, compared, updates
from chainrule.nets.writer import EQUALS, C
from chainrule.pages.document import Block, Document, Equations, Heading, Paragraph, Row, Table
from chainrule.pages.math import Math

TRIES = 400
MOST_UNITS = 6
LARGEST_NUMBER = 200  # of z, a, δ and gradients: what is still fun by hand
SHORTEST = 7  # characters of a fraction


def exercise(sizes: Sequence[int], activations: Sequence[str], loss: str, seed: int, samples: int = 1) -> Worked:
    """A network of these sizes whose numbers stay small all the way, with no unit on a kink; the same for a seed.

    Raises:
        NetworkError: the sizes, activations and loss do not go together, or no such numbers were found.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise NetworkError("an exercise needs inputs and at least one layer", hint="--layers 2,3,2")
    if max(sizes) > MOST_UNITS:
        raise NetworkError(f"a layer of {max(sizes)} units is no work for a hand", hint=f"at most {MOST_UNITS}")
    names = list(activations) if len(activations) > 1 else [activations[0] if activations else "identity"]
    if len(names) == 1:
        names *= len(sizes) - 1
    if len(names) != len(sizes) - 1:
        raise NetworkError(f"{len(names)} activations for {len(sizes) - 1} layers", hint="one for each, or one for all")
    kind = losses.find(loss)
    rng = Random(seed)  # noqa: S311  an exercise, the same for a seed
    problem: ChainruleError | None = None
    best: Worked | None = None
    least = math.inf
    net = Network.of(**_drawn(rng, sizes, names, loss, kind, samples))
    formulas = Backward(net)
    for _ in range(TRIES):
        try:
            how, done = updates(net, formulas)
        except (DomainError, NetworkError) as found:  # these numbers leave the domain, or are too large: others may not
            problem = found
        else:
            trouble = _trouble(done[0])
            if trouble < least:
                w = compared(net, formulas, how, done)
                if w.agreement.dual in ("equal", "overlap"):  # no unit stands on a kink
                    best, least = w, trouble
        if not least:
            break
        another = net.with_numbers(**_drawn(rng, sizes, names, loss, kind, samples))
        if another.loss is not net.loss:
            formulas = Backward(another)
        net = another
    if best is None:
        reason = f": {problem.message}" if problem else ""
        raise NetworkError(
            f"no numbers were found for this exercise{reason}", hint="other activations or layers, or another --seed"
        )
    return best


def _drawn(
    rng: Random, sizes: Sequence[int], names: Sequence[str], loss: str, kind: losses.Loss | None, samples: int
) -> dict[str, Any]:
    def whole(low: int, high: int) -> int:
        return rng.choice([k for k in range(low, high + 1) if k])

    layers = [
        {
            "weights": [[whole(-2, 3) for _ in range(sizes[k])] for _ in range(sizes[k + 1])],
            "bias": [rng.randint(-2, 2) for _ in range(sizes[k + 1])],
            "activation": names[k],
        }
        for k in range(len(sizes) - 1)
    ]
    data: dict[str, Any] = {
        "input": [[whole(-2, 2) for _ in range(samples)] for _ in range(sizes[0])],
        "learning_rate": "1/10",
        "loss": loss,
        "layer": layers,
    }
    target = "any" if kind is None else kind.target
    if target == "distribution":
        data["labels"] = [rng.randrange(sizes[-1]) for _ in range(samples)]
    else:
        choose = {"unit": lambda: rng.randint(0, 1), "signs": lambda: rng.choice((-1, 1))}.get(
            target, lambda: rng.randint(-3, 3)
        )
        data["target"] = [[choose() for _ in range(samples)] for _ in range(sizes[-1])]
    return data


def _trouble(step: Step) -> int:
    """How many numbers are too large or too long for a hand; a ReLU layer that is all off counts, and no error too."""
    arrays = [x for v in step.stages for x in (v.z, v.a, v.delta)] + [*step.gradients.values(), *step.after.values()]
    out = sum(_hard(x) for a in arrays for x in np.asarray(a, dtype=object).flat)
    idle = sum(all(not x for x in np.asarray(v.delta, dtype=object).flat) for v in step.stages)
    return out + 10 * idle + 10 * step.grew


def _hard(x: Any) -> bool:
    if isinstance(x, (arb, float)):
        return not (Fraction(1, 1000) < abs(float(x)) < LARGEST_NUMBER or float(x) == 0)
    return abs(x) > LARGEST_NUMBER or len(str(x)) > SHORTEST


# ---------------------------------------------------------------- the sheet


def sheet(w: Worked) -> Document:
    """What is given, what is asked for, and tables with blanks to fill in."""
    return Document("Backpropagation by hand: an exercise", tuple(_sheet(w)))


def _sheet(w: Worked) -> Iterator[Block]:
    net, step, f = w.net, w.steps[0], Formulas(w.net, w.formulas)
    write = f.write
    yield Paragraph((described(net),))
    yield from given_numbers(w)
    yield Equations(tuple(f.forward().rows[-1:]))
    yield Heading("1. Forward")
    yield Paragraph(("Work out the net input z and the output a of every layer, and the loss.",))
    first = net.stages[0].reads[0]
    rows = [("0", write.name(first), "", array(step.values[first.name]))]
    rows += [(v.stage.label, write.of(v.stage.net), _blank(v.z), _blank(v.a)) for v in step.stages]
    yield Table(("layer", "net input", "z", "a"), tuple(rows))
    yield Equations((Row(Math.row(C, EQUALS, BLANK)),))
    yield Heading("2. Backward")
    yield Paragraph(("Work out the error signals, the last layer first. Say for each which formula you use.",))
    backward = [(s.label, BLANK, _blank(step.values[s.delta.name])) for s in w.formulas.delta]
    yield Table(("layer", "formula", "δ"), tuple(backward))
    yield Heading("3. Gradients")
    yield Equations(tuple(Row(Math.row(write.slope(n), EQUALS, _blank(g))) for n, g in step.gradients.items()))
    yield Heading("4. Update")
    yield Paragraph(("Take one step of gradient descent. Use the old weights for all gradients.",))
    yield Equations(tuple(Row(Math.row(write.name(n), Math.sign("←"), _blank(x))) for n, x in step.after.items()))
    yield Heading("5. Loss")
    yield Paragraph(("Is the loss smaller after the update? By how much?",))


BLANK = Math.words("____")


def _blank(x: Any) -> Math:
    a = np.asarray(x, dtype=object)
    grid = a.reshape(-1, 1) if a.ndim < 2 else a
    return Math.matrix([[BLANK for _ in row] for row in grid])
