"""Worked examples against backpropagation written by hand for the test, in fractions, and against printed figures."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.primitive import registry
from chainrule.nets.backward import Backward
from chainrule.nets.losses import LOSSES
from chainrule.nets.network import Network
from chainrule.nets.page import worked_page
from chainrule.nets.record import record

EXAMPLES = Path(__file__).parents[2] / "examples"
NUMERIC = sorted(p for p in EXAMPLES.glob("*.toml") if p.stem not in ("formulas", "any-depth"))


def fractions(rows: Any) -> Any:
    return [fractions(r) for r in rows] if isinstance(rows, list) else Fraction(rows)


def product(a: list[list[Fraction]], b: list[list[Fraction]]) -> list[list[Fraction]]:
    return [
        [sum((x * y for x, y in zip(row, column, strict=True)), Fraction(0)) for column in zip(*b, strict=True)]
        for row in a
    ]


def turned(a: list[list[Fraction]]) -> list[list[Fraction]]:
    return [list(row) for row in zip(*a, strict=True)]


def zipped(f: Any, a: list[list[Fraction]], b: list[list[Fraction]]) -> list[list[Fraction]]:
    return [[f(x, y) for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


ACTIVATIONS = {
    "identity": (lambda z: z, lambda _: Fraction(1)),
    "z^2": (lambda z: z * z, lambda z: 2 * z),
    "relu": (lambda z: max(z, Fraction(0)), lambda z: Fraction(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else z / 100, lambda z: Fraction(1) if z >= 0 else Fraction(1, 100)),
}


def by_hand(net: dict[str, Any]) -> dict[str, Any]:
    """Textbook backpropagation for dense layers and half squared error, features × samples."""
    a = [fractions(net["input"])]
    z: list[Any] = []
    for layer in net["layer"]:
        w, b = fractions(layer["weights"]), fractions(layer.get("bias", [0] * len(layer["weights"])))
        s = [[v + b[i] for v in row] for i, row in enumerate(product(w, a[-1]))]
        z.append(s)
        a.append([[ACTIVATIONS[layer["activation"]][0](v) for v in row] for row in s])
    t = fractions(net["target"])
    error = zipped(lambda x, y: x - y, a[-1], t)
    loss = sum(x * x for row in error for x in row) / 2
    delta: list[Any] = []
    up = error
    for k in range(len(net["layer"]) - 1, -1, -1):
        slope = [[ACTIVATIONS[net["layer"][k]["activation"]][1](v) for v in row] for row in z[k]]
        delta.insert(0, zipped(lambda x, y: x * y, up, slope))
        up = product(turned(fractions(net["layer"][k]["weights"])), delta[0])
    rate = Fraction(net["learning_rate"])
    layers = []
    for k, layer in enumerate(net["layer"]):
        dw, db = product(delta[k], turned(a[k])), [sum(row) for row in delta[k]]
        w = fractions(layer["weights"])
        layers.append({"z": z[k], "a": a[k + 1], "delta": delta[k], "dW": dw, "db": db,
                       "W_new": zipped(lambda x, g: x - rate * g, w, dw)})  # fmt: skip
    return {"loss": loss, "layers": layers}


def drawn(seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    sizes = [rng.randint(1, 4) for _ in range(rng.randint(2, 6))]
    samples = rng.randint(1, 5)

    def rows(r: int, c: int) -> list[list[str]]:
        return [[f"{rng.randint(-5, 5)}/{rng.randint(1, 4)}" for _ in range(c)] for _ in range(r)]

    layers = [
        {"weights": rows(n, m), "activation": rng.choice(sorted(ACTIVATIONS)),
         **({"bias": [r[0] for r in rows(n, 1)]} if rng.random() < 0.7 else {})}
        for m, n in pairwise(sizes)
    ]  # fmt: skip
    return {
        "input": rows(sizes[0], samples),
        "target": rows(sizes[-1], samples),
        "learning_rate": "1/7",
        "layer": layers,
    }


@pytest.mark.parametrize("seed", range(40))
def test_every_number_is_that_of_backpropagation_by_hand(seed: int) -> None:
    data = drawn(seed)
    got = record(Network.of(**data).work())["steps"][0]
    want = by_hand(data)
    assert Fraction(got["loss_before"]) == want["loss"]
    for mine, layer in zip(got["layers"], want["layers"], strict=True):
        for key, value in layer.items():
            if mine[key] is not None:
                assert fractions(mine[key]) == value, key


def test_the_first_problem_of_the_course_comes_out_right() -> None:
    step = record(Network.load(EXAMPLES / "course-1-linear.toml").work())["steps"][0]
    first, second = step["layers"]
    assert (first["z"], second["a"]) == ([["0"], ["8"], ["1"]], [["15"], ["-4"]])
    assert (second["delta"], first["delta"]) == ([["13"], ["-7"]], [["-1"], ["33"], ["-60"]])
    assert second["dW"] == [["0", "104", "13"], ["0", "-56", "-7"]]
    assert second["b_new"] == ["187/100", "107/100"]
    assert second["W_new"][1][1] == "-11/25"
    assert first["b_new"] == ["101/100", "167/100", "18/5"]


def test_the_third_problem_of_the_course_comes_out_right() -> None:
    w = Network.load(EXAMPLES / "course-3-batch.toml").work()
    step = record(w)["steps"][0]
    first, _, third = step["layers"]
    assert third["a"] == [["37", "-11", "21"]]
    assert [Fraction(x) for x in third["delta"][0]] == [Fraction(2, 3) * k for k in (38, -11, 20)]
    assert fractions(first["delta"][0]) == [Fraction(2, 3) * k for k in (152, -44, 80)]


@pytest.mark.parametrize("path", NUMERIC, ids=[p.stem for p in NUMERIC])
def test_three_ways_to_the_gradient_agree_on_every_example(path: Path) -> None:
    w = Network.load(path).work(2)
    assert w.agreement.dual in ("equal", "overlap")
    assert w.agreement.numpy < 1e-12
    assert len(w.steps) == 2
    for name, new in w.steps[0].after.items():
        assert str(new) == str(w.steps[1].before[name])


def network(activation: str, loss: str, samples: int = 3) -> Network:
    rng = random.Random(f"{activation} {loss}")
    kind = LOSSES[loss]

    def number() -> str:
        return f"{rng.choice((-1, 1)) * rng.randint(1, 9)}/{rng.randint(10, 19)}"

    last = {"distribution": "softmax", "unit": "sigmoid"}.get(kind.output, "identity")
    target: dict[str, Any] = {"target": [[number() for _ in range(samples)] for _ in range(2)]}
    if kind.target == "distribution":
        target = {"labels": [rng.randrange(2) for _ in range(samples)]}
        if loss == "kl":
            target = {"target": [["1/3"] * samples, ["2/3"] * samples]}
    elif kind.target in ("unit", "signs"):
        target = {
            "target": [
                [rng.choice((0, 1) if kind.target == "unit" else (-1, 1)) for _ in range(samples)] for _ in range(2)
            ]
        }
    rows = [[number() for _ in range(samples)] for _ in range(3)]
    layers = [
        {
            "weights": [[number() for _ in range(n)] for _ in range(2)],
            "bias": [number(), number()],
            "activation": name,
        }
        for n, name in ((3, activation), (2, last))
    ]
    return Network.of(input=rows, learning_rate="1/3", loss=loss, layer=layers, **target)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("activation", ["tanh", "relu", "softmax", "z*sigmoid(z)"])
def test_every_loss_agrees_with_dual_numbers_and_numpy(activation: str, loss: str) -> None:
    w = network(activation, loss).work()
    assert w.agreement.dual in ("equal", "overlap")
    assert w.agreement.numpy < 1e-9


def test_every_activation_agrees_with_dual_numbers() -> None:
    from chainrule.nets.activations import names

    small = ("acos", "asin", "log", "sqrt")  # defined for some numbers alone
    for name in names():
        if name in small or name in ("step", "sign"):
            continue
        w = network(name, "half squared error").work()
        assert w.agreement.dual in ("equal", "overlap"), name
        assert w.agreement.numpy < 1e-9, name
    assert {"tanh", "gelu", "softplus", "leaky_relu"} <= set(names()) <= {"identity", *registry}


def test_a_wrong_derivative_of_a_primitive_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    tanh = registry["tanh"]
    monkeypatch.setattr(type(tanh), "__setattr__", object.__setattr__)
    true = tanh.partials
    object.__setattr__(tanh, "partials", (lambda a, y: cr.const(1) + y * y,))
    try:
        w = network("tanh", "half squared error").work()
    finally:
        object.__setattr__(tanh, "partials", true)
    assert w.agreement.dual == "different"
    assert not w.agreement.holds


def test_weights_that_are_used_twice_have_the_sum_of_two_gradients() -> None:
    shared = Network.of(
        input=[1, 2], target=[1, 2], learning_rate=1,
        layer=[{"weights": [[1, 2], [3, "1/4"]], "bias": [1, 0], "activation": "tanh"}, {"share": 1}],
    )  # fmt: skip
    apart = Network.of(
        input=[1, 2], target=[1, 2], learning_rate=1,
        layer=[{"weights": [[1, 2], [3, "1/4"]], "bias": [1, 0], "activation": a} for a in ("tanh", "identity")],
    )  # fmt: skip
    one, two = shared.work().steps[0].gradients, apart.work().steps[0].gradients
    total = np.vectorize(float)(two["W1"]) + np.vectorize(float)(two["W2"])
    assert np.allclose(np.vectorize(float)(one["W1"]), total)
    assert list(one) == ["W1", "b1"]


def test_an_unrolled_layer_reads_its_own_state() -> None:
    w = Network.load(EXAMPLES / "recurrent.toml").work()
    texts = {s.label: e.text() for s, e in w.formulas.delta.items()}
    assert texts["1,1"].startswith("(U1'*delta1_2)")
    assert "delta1_2*a1_1'" in w.formulas.parameters["U1"].text()


def test_momentum_and_weight_decay_change_the_update() -> None:
    base = {"input": [1], "target": [0], "layer": [{"weights": [[2]], "bias": [1]}]}
    w = Network.of(
        **base, update={"rule": "momentum", "learning_rate": "1/2", "momentum": "1/4", "weight_decay": "1/10"}
    ).work(2)
    # z = 3: dW = 3, db = 3; v = 3 + 0.2, W = 2 − 1.6 = 0.4, b = 1 − 1.5 = −0.5; then z = −0.1
    first, second = w.steps
    assert first.after["W1"][0, 0] == Fraction(2, 5)
    assert first.after["b1"][0] == Fraction(-1, 2)
    v = Fraction(1, 4) * Fraction(16, 5) + Fraction(-1, 10) + Fraction(1, 10) * Fraction(2, 5)
    assert second.after["W1"][0, 0] == Fraction(2, 5) - v / 2


def test_regularisation_is_part_of_the_loss_and_of_the_gradients() -> None:
    w = Network.of(
        input=[1], target=[0], learning_rate=1, regularisation={"l1": "1/2", "l2": "1/3"}, layer=[{"weights": [[2]]}]
    ).work()
    step = w.steps[0]
    assert step.loss_before == 2 + Fraction(1, 2) * 2 + Fraction(1, 6) * 4
    assert step.gradients["W1"][0, 0] == 2 + Fraction(1, 2) + Fraction(2, 3)


def test_rows_are_columns_turned() -> None:
    layer = [{"weights": [[1, 2]], "bias": [1]}]
    columns = Network.of(input=[[1, 2, 3], [0, 1, 5]], target=[[1, 2, 3]], learning_rate=1, layer=layer).work()
    rows = Network.of(
        input=[[1, 0], [2, 1], [3, 5]], target=[[1], [2], [3]], learning_rate=1, layer=layer, orientation="rows"
    ).work()
    assert record(rows)["steps"] == record(columns)["steps"]


@pytest.mark.parametrize("target", [{"labels": [1, 0, 1]}, {"target": [1, 0, 1]}, {"target": [[1, 0, 1]]}])
def test_classes_may_be_given_by_number(target: dict[str, Any]) -> None:
    first = {"weights": [[1], [2], [-1]], "activation": "Leaky-ReLU"}
    second = {"weights": [[1, 0, 1], [0, 1, 1]], "activation": "Softmax"}
    net = Network.of(input=[[1, 2, 3]], loss="Cross-Entropy", learning_rate=1, layer=[first, second], **target)
    assert net.target == [[0, 1, 0], [1, 0, 1]]
    assert net.work().agreement.holds


def test_floats_give_the_same_numbers() -> None:
    net = network("tanh", "mean squared error")
    exact, floats = net.work(2).steps[1], net.work(2, floats=True).steps[1]
    for name, g in exact.gradients.items():
        assert np.allclose(np.vectorize(float)(g), floats.gradients[name])


def test_json_has_strings_alone_and_decimals_are_right() -> None:
    data = record(Network.load(EXAMPLES / "softmax-classifier.toml").work())
    assert json.loads(json.dumps(data)) == data
    a = data["steps"][0]["layers"][1]["a"]
    for sample in range(2):
        assert abs(sum(Fraction(row[sample]) for row in a) - 1) < Fraction(1, 10**9)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"layer": [{"weights": [[1, 2, 3]]}]}, "layer 1: weights of shape 1 × 3 do not fit: the input has 2"),
        ({"layer": [{"weights": [[1, 2]]}, {"weights": [[1, 2], [3, 4]]}]}, r"layer 2: .* layer 1 has 1 unit"),
        ({"layer": [{"weights": [[1, 2]], "bias": [1, 2]}]}, "a bias of 2 numbers, and 1 unit"),
        ({"target": [[1], [2]]}, "the targets are 2 × 1, the outputs 1 × 1"),
        ({"layer": [{"weights": [[1, 2]], "activation": "tnah"}]}, "no activation 'tnah'"),
        ({"layer": [{"weights": [[1, 2]], "activation": "z*"}]}, "layer 1"),
        ({"layer": [{"weights": [[1, 2]], "activation": "w + z"}]}, "z alone"),
        ({"loss": "cross entropy", "target": [[1]]}, "needs an output for each class"),
        ({"loss": "bce", "target": [["1/2"]]}, "takes probabilities, and the last activation is identity"),
        ({"loss": "hinge", "target": [[2]]}, "sample 1 is not 1 or −1"),
        ({"loss": "half squared eror"}, "there is no loss"),
        ({"loss": "sum(a - t"}, "loss: "),
        ({"loss": "a - t"}, "not one number"),
        ({"loss": "sum(t)"}, "does not depend on the outputs"),
        ({"loss": "sum((a - t).^2)", "reduction": "mean"}, "says itself what is averaged"),
        ({"layer": [{"weights": [[1, 2]], "beta": 2}]}, "beta belongs to softmax"),
        ({"layer": [{"share": 2}, {"share": 1}]}, "shares the weights"),
        ({"layer": [{"weights": [[1, 2]], "recurrent": [[1]]}]}, "no number of time steps"),
        ({"layer": []}, "has no layers"),
        ({"labels": [0], "target": [[1]]}, "say the same thing"),
        ({"input": [[float("nan")]]}, "not a number"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_one_message(keys: dict[str, Any], said: str) -> None:
    good: dict[str, Any] = {"input": [1, 2], "target": [1], "learning_rate": 1, "layer": [{"weights": [[1, 2]]}]}
    if "labels" in keys:
        good.pop("target", None)
    with pytest.raises(cr.NetworkError, match=said):
        Network.of(**good | keys)


@pytest.mark.parametrize(
    ("missing", "said"), [("target", "target"), ("learning_rate", "learning rate"), ("input", "input")]
)
def test_what_is_missing_is_named(missing: str, said: str) -> None:
    good: dict[str, Any] = {"input": [1, 2], "target": [1], "learning_rate": 1, "layer": [{"weights": [[1, 2]]}]}
    good.pop(missing)
    with pytest.raises(cr.NetworkError, match=said):
        Network.of(**good).work()


@pytest.mark.parametrize(
    "layer",
    [
        {"weights": [[1, 2]], "activation": "softmax"},  # always 1
        {"weights": [[1, 2]], "activation": "step"},  # no slope anywhere
        {"weights": [["1e30", 2]], "activation": "tanh"},  # flat as far as anyone can see
        {"weights": [["1e300", 2]], "activation": "z^2"},  # too large for float64
    ],
)
def test_gradients_that_float64_cannot_tell_are_no_disagreement(layer: dict[str, Any]) -> None:
    w = Network.of(input=[1, 2], target=["1/2"], learning_rate=1, layer=[layer]).work()
    assert w.agreement.dual in ("equal", "overlap")
    assert w.agreement.holds


def test_a_wrong_gradient_is_noticed_by_differences_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network("tanh", "half squared error")
    assert net.work(floats=True).agreement.dual == "close"
    monkeypatch.setattr(
        Backward, "parameters", property(lambda self: {n: -e for n, e in true.func(self).items()}), raising=True
    )
    found = net.work(floats=True).agreement
    assert found.dual == "different"
    assert found.numpy > 1
    assert not found.holds


true = Backward.__dict__["parameters"]


def test_three_updates_with_momentum_and_decay_are_those_of_a_loop() -> None:
    rate, mu, decay = Fraction(1, 10), Fraction(2, 3), Fraction(1, 5)
    w, b, v, u = Fraction(3), Fraction(-1), Fraction(0), Fraction(0)
    update = {"rule": "momentum", "learning_rate": "1/10", "momentum": "2/3", "weight_decay": "1/5"}
    layer = [{"weights": [[3]], "bias": [-1], "activation": "z^2"}]
    for step in Network.of(input=["1/2"], target=[2], update=update, layer=layer).work(3).steps:
        z = w / 2 + b
        delta = (z * z - 2) * 2 * z
        v, u = mu * v + delta / 2 + decay * w, mu * u + delta
        w, b = w - rate * v, b - rate * u
        assert (step.after["W1"][0, 0], step.after["b1"][0]) == (w, b)


def test_fractions_of_any_length_are_written() -> None:
    squares = [
        {"weights": [[1, -2], [1, 1]], "activation": "z^2"},
        {"weights": [[1, -1], [2, -1]], "activation": "z^2"},
    ]
    net = Network.of(input=[1, 1], target=[2, 3], learning_rate="1/100", layer=squares)
    w = net.work(4)
    assert len(record(w)["steps"][-1]["layers"][0]["W_new"][0][0]) > 4300
    assert w.steps[-1].grew
    assert "10⁴⁵⁸²" in str(worked_page(w))
    with pytest.raises(cr.NetworkError, match="step 6, after the update, z of layer 2 is too large"):
        net.work(8)


def test_json_has_null_where_numpy_has_no_number() -> None:
    layer = [{"weights": [["1e300", 2]], "activation": "z^2"}]
    data = record(Network.of(input=[1, 2], target=[1], learning_rate=1, layer=layer).work())
    assert data["agreement"] == {"dual_numbers": "equal", "numpy": None, "holds": True}
