"""The formulas for a layer l of a network of any depth, derived once with an unknown activation and an unknown loss."""

from __future__ import annotations

from dataclasses import replace as changed

from chainrule.core.expr import Expr, Var, intern
from chainrule.core.graph import replace
from chainrule.core.size import Size, size
from chainrule.explain.derivation import Derivation
from chainrule.explain.derive import derive
from chainrule.nets.writer import BECOMES, EQUALS, MINUS, Writer, textbook
from chainrule.pages.document import Block, Equations, Heading, Paragraph, Row
from chainrule.pages.math import Math
from chainrule.primitives.arithmetic import add_p, matmul_p, transpose_p
from chainrule.primitives.linalg import ones_p
from chainrule.primitives.opaque import OpaqueFunction

BEFORE, HERE, AFTER = size("p"), size("n"), size("m")  # units of layers l − 1, l, l + 1


class _Layers:
    """The variables around a layer l, and their superscripts."""

    def __init__(self, batch: Size | None, depth: str) -> None:
        self.batch = batch
        self.scripts: dict[str, tuple[str, str]] = {}
        self.a_before = self.units("a", "before", "l−1", BEFORE)
        self.z, self.a, self.delta = (self.units(x, "here", "l", HERE) for x in ("z", "a", "delta"))
        self.z_after, self.delta_after = (self.units(x, "after", "l+1", AFTER) for x in ("z", "delta"))
        self.z_last, self.delta_last = (self.units(x, "last", depth, HERE) for x in ("z", "delta"))
        self.units("a", "last", depth, HERE)
        self.W = self.var("W", "here", "l", (HERE, BEFORE))
        self.W_after = self.var("W", "after", "l+1", (AFTER, HERE))
        self.b, self.b_after = self.var("b", "here", "l", (HERE,)), self.var("b", "after", "l+1", (AFTER,))

    def var(self, base: str, where: str, script: str, shape: tuple[Size, ...]) -> Var:
        name = f"{base}_{where}"
        self.scripts[name] = (base, script)
        return intern(Var, name, shape, frozenset[str](), None)

    def units(self, base: str, where: str, script: str, n: Size) -> Var:
        return self.var(base, where, script, (n,) if self.batch is None else (n, self.batch))

    def net(self, W: Var, a: Expr, b: Var) -> Expr:
        """W a + b, b in every column."""
        repeated = b if self.batch is None else matmul_p(b, transpose_p(ones_p(params=(self.batch,))))
        return add_p(matmul_p(W, a), repeated)


def general(batch: Size | None = None, depth: str = "L") -> tuple[Block, ...]:
    """Forward equations, error signals, gradients and update of a layer, each with its derivation."""
    v = _Layers(batch, depth)
    w, sigma = Writer(v.scripts), OpaqueFunction("σ", None, (), True)
    here, after = (OpaqueFunction("C", tuple(x.shape), (), False) for x in (v.z, v.z_after))
    a_last, z, z_after = sigma(v.z_last), v.net(v.W, v.a_before, v.b), v.net(v.W_after, sigma(v.z), v.b_after)
    at_end = changed(derive(here(a_last), v.z_last), hints={a_last: "a_last"})
    back = changed(derive(after(z_after), v.z), hints={z_after: "z_after", sigma(v.z): "a_here"})
    by_W = changed(derive(here(z), v.W), hints={z: "z_here"})
    by_b = changed(derive(here(z), v.b), hints={z: "z_here"})

    def row(left: Math, right: Math, reason: str = "") -> Row:
        return Row(Math.row(left, EQUALS, right), reason)

    def read(result: Expr) -> Math:
        """A result with ∂C/∂z called δ."""
        return w.of(textbook(replace(result, {after(z_after, 1): v.delta_after, here(z, 1): v.delta})))

    eta, means = Math.name("eta"), "what δ means"
    end = Math.of(at_end.result, scripts=v.scripts, hints=at_end.hints, share=True)
    any_end = _any_activation(v) if batch is None else None
    whole = [Math.of(any_end.result, scripts=v.scripts, hints=any_end.hints, share=True)] if any_end else []
    named, named_after = (row(w.slope(x), w.name(d), means) for x, d in ((v.z, v.delta), (v.z_after, v.delta_after)))
    summed = "" if batch is None else "summed over the samples"
    return (
        Heading("Forward"),
        Equations(
            (row(w.name(v.z), w.of(z), "net input of layer l"), row(w.name(v.a), w.of(sigma(v.z)), "its output"))
        ),
        Heading("Error signals"),
        Equations(
            (
                row(w.name(v.delta), w.slope(v.z), means),
                *(row(w.name(v.delta_last), m, "at the output, for any activation a = f(z)") for m in whole),
                row(w.name(v.delta_last), end, "at the output, where σ acts on each unit by itself"),
                row(w.name(v.delta), read(back.result), "at every other layer, from the one after it"),
            )
        ),
        *([w.details("Why δ at the output is this for any activation", any_end)] if any_end else []),
        w.details("Why δ at the output is this", at_end),
        w.details("Why δ of layer l follows from δ of layer l + 1", back, named_after),
        Heading("Gradients"),
        Equations((row(w.slope(v.W), read(by_W.result), summed), row(w.slope(v.b), read(by_b.result), summed))),
        w.details("Why the gradient of W is this", by_W, named),
        w.details("Why the gradient of b is this", by_b, named),
        Heading("Update"),
        Equations(tuple(Row(Math.row(w.name(x), BECOMES, w.name(x), MINUS, eta, w.slope(x))) for x in (v.W, v.b))),
        Paragraph(("All parameters change at once: every gradient is taken at the old weights.",)),
    )


def _any_activation(v: _Layers) -> Derivation:
    """∂C/∂z for a = f(z), each unit of which may depend on all net inputs, as with softmax."""
    f = OpaqueFunction("f", (HERE,), (HERE,), False)
    C = OpaqueFunction("C", (HERE,), (), False)
    return changed(derive(C(f(v.z_last)), v.z_last), hints={f(v.z_last): "a_last"})
