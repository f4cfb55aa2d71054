"""Network files: what cannot be is refused in one message that names the key, and nothing that is said is ignored."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import chainrule as cr
from chainrule.nets.entries import number
from chainrule.nets.network import Network
from chainrule.nets.page import formula_page, worked_page
from chainrule.nets.spec import parse
from chainrule.pages.terminal import to_terminal

GOOD: dict[str, Any] = {"input": [1, 2], "target": [1], "learning_rate": 1, "layer": [{"weights": [[1, 2]]}]}
STEPS = [[[1], [2]], [[3], [4]]]
CLASSES: dict[str, Any] = {"loss": "cross entropy", "layer": [{"weights": [[1, 2], [3, 4]], "activation": "softmax"}]}


def without(*keys: str, **more: Any) -> dict[str, Any]:
    return {k: v for k, v in GOOD.items() if k not in keys} | more


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (GOOD | {"inputs": 3}, "inputs = 3, and the input has 2 features"),
        (GOOD | {"samples": 4}, "samples = 4, and the input has 1 sample"),
        (GOOD | {"layers": "L"}, "layers = L is for any layers and loss, and input is given"),
        (GOOD | {"update": {"momentum": "1/2"}}, "momentum is given, and the rule is gradient descent"),
        (GOOD | {"update": {"weight_decay": -1}}, "update, weight_decay: -1 is below 0"),
        (GOOD | {"learning_rate": -1}, "learning_rate: -1 is below 0"),
        (GOOD | {"regularisation": {"l2": "-1/2"}}, "regularisation, l2: -1/2 is below 0"),
        (GOOD | {"loss": "huber", "delta": 0}, "delta: 0 is not above 0"),
        (GOOD | {"loss": "sum(a - t)", "delta": 1}, "delta belongs to the Huber loss"),
        (GOOD | {"loss": " "}, "the loss is empty"),
        (GOOD | {"layer": [{"weights": [[1, 2]], "initial": "he"}]}, "layer 1, initial is not a key"),
        (GOOD | {"layer": {"weights": [[1, 2]]}}, r"one table, and a list .*\n.*\[\[layer\]\]"),
        (GOOD | {"update": "x"}, "update: 'x' is not a table of keys"),
        (GOOD | {"title": 3}, "title: 3 is not a text"),
        (GOOD | {"layer": [{"weights": [[1, 2]], "activation": ""}]}, "layer 1: the activation is empty"),
        (GOOD | {"layer": [{"weights": [[1, 2]], "activation": "3"}]}, "layer 1: the activation '3' does not depend"),
        (GOOD | {"layer": [{"weights": [[1, 2]], "bias": True}]}, "layer 1: bias = true says no numbers"),
        (GOOD | {"layer": [{"weights": [[1], [2]]}]}, r"2 × 1 do not fit(.|\n)*1 × 2 would fit; is it transposed"),
        ({"inputs": 2, "layer": [{"units": 2, "bias": [1, 2]}]}, "layer 1: a bias of numbers, and no weights"),
        ({"inputs": 2, "layer": [{"units": -1}]}, "layer 1, units: -1 is not a size"),
        ({"inputs": 2, "layer": [{"units": "2x"}]}, "layer 1, units: '2x' is not a size"),
        ({"inputs": 2, "layer": [{"units": 1, "unroll": 0}]}, "layer 1, unroll: 0 is not a whole number from 1"),
        ({"inputs": 2, "layer": [{"units": 3}, {"share": 1}]}, "they are for 2 inputs, and layer 1 has 3 units"),
        ({"inputs": 2, "layer": [{"units": 2}, {"share": 3}]}, "shares the weights of layer 3, which is none before"),
        ({"inputs": 2, "layer": [{"units": 2}, {"share": 1, "unroll": 2}]}, "layer 2 unrolls, and layer 1"),
        ({"inputs": 2, "layer": [{"units": 2, "unroll": 2}, {"share": 1}]}, "layer 2 has recurrent weights and no"),
        ({"inputs": 2, "layer": [{"units": 2}, {"share": 1, "bias": False}]}, "it has no bias of its own"),
        ({"inputs": 2, "layer": [{"units": 2}], "loss": "kl"}, "kl takes probabilities"),
        (without("input", input=STEPS), "2 time steps, and layer 1, which reads it, does not unroll"),
        (without("target", labels=[]) | CLASSES, "labels: it is empty"),
        (without("target", labels=[0, 1]) | CLASSES, "2 labels for 1 sample"),
        (without("target", labels=["cat"]) | CLASSES, "labels: 'cat' is not a class"),
        (without("target", labels=[5]) | CLASSES, r"label 5 is none of the 2 classes\n.*from 0 to 1"),
        (GOOD | {"loss": "bce", "layer": [{"weights": [[1, 2]], "activation": "softmax"}]}, "always 1 for one unit"),
        (without("input", inputs=2, layer=[{"units": 1}]), "numbers are missing: the weights of layer 1, input"),
        ({"target": [1], "inputs": 2, "layer": [{"units": 1}]}, "numbers are missing"),
    ],
)
def test_what_cannot_be_is_said_in_one_message(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(cr.NetworkError, match=said):
        Network.of(**keys)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"update": {"rule": "momentum"}}, "momentum is missing"),
        ({"input": [0, 0], "layer": [{"weights": [[1, 2]], "activation": "log"}]}, "log in layer 1: log of 0"),
        ({"input": [0, 0], "layer": [{"weights": [[1, 2]], "activation": "sqrt"}]}, "δ of layer 1: division by zero"),
        ({"loss": "sum(log(a))", "input": [0, 0]}, "the loss: log of 0"),
        ({"input": ["1e30", 0], "layer": [{"weights": [[1, 2]], "activation": "exp"}]}, "exp in layer 1 is too large"),
    ],
)
def test_what_cannot_be_worked_out_says_where(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(cr.ChainruleError, match=said):
        Network.of(**GOOD | keys).work(1)


@pytest.mark.parametrize("text", ["1e999999999999", "1e-5000", "1e1_0_0_0_0", "9" * 5000, "1/0", "0,5", "nan", "-inf"])
def test_numbers_that_are_none_are_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number|too far from 1"):
        number(text)


def test_a_float_of_toml_that_is_too_large_is_refused_where_it_stands() -> None:
    with pytest.raises(cr.NetworkError, match="learning_rate: '1e999999999' is too far from 1"):
        parse("learning_rate = 1e999999999")


def test_a_file_may_start_with_a_byte_order_mark(tmp_path) -> None:
    path = tmp_path / "net.toml"
    path.write_text("\ufeffinputs = 2\n[[layer]]\nunits = 3\n", encoding="utf-8")
    assert Network.load(path).sizes == [2, 3]


def test_any_depth_needs_nothing_but_its_letter() -> None:
    net = Network.of(layers="K", samples="N", title="My title")
    shown = to_terminal(formula_page(net))
    assert shown.startswith("My title")
    assert "δᴷ = ∂C/∂aᴷ ⊙ σ′(zᴷ)" in shown
    with pytest.raises(cr.NetworkError, match="no layers of its own"):
        _ = net.cost


def test_a_layer_unrolled_once_reads_no_state() -> None:
    recurrent = Network.of(**GOOD | {"layer": [{"weights": [[1, 2]], "recurrent": [[3]], "unroll": 1}]}).work()
    plain = Network.of(**GOOD).work()
    assert list(recurrent.net.parameters) == ["W1"]
    assert recurrent.steps[0].gradients["W1"].tolist() == plain.steps[0].gradients["W1"].tolist()


def test_the_same_input_is_read_at_every_step() -> None:
    w = Network.of(**GOOD | {"layer": [{"weights": [[1, 2]], "recurrent": [["1/2"]], "unroll": 3}]}).work()
    a1 = Fraction(5)
    a2 = 5 + a1 / 2
    assert [v.a[0] for v in w.steps[0].stages] == [a1, a2, 5 + a2 / 2]


def test_classes_may_be_written_with_a_point() -> None:
    net = Network.of(**without("target", labels=[Fraction(1)]) | CLASSES)
    assert net.target == [[0], [1]]


def test_a_target_of_zero_adds_nothing_to_the_divergence() -> None:
    layer = [{"weights": [[1, 2], [3, 4]], "activation": "softmax"}]
    step = Network.of(**GOOD | {"loss": "kl", "target": [0, 1], "layer": layer}).work().steps[0]
    cross = Network.of(**GOOD | {"loss": "cross entropy", "target": [0, 1], "layer": layer}).work().steps[0]
    assert step.loss_before.overlaps(cross.loss_before)  # the entropy of a one-hot target is 0
    assert all(a.overlaps(b) for a, b in zip(step.gradients["W1"].flat, cross.gradients["W1"].flat, strict=True))


def test_an_activation_that_is_an_expression_may_give_probabilities() -> None:
    def loss(activation: str) -> Any:
        layer = [{"weights": [[1, "1/2"]], "activation": activation}]
        return Network.of(**GOOD | {"loss": "bce", "layer": layer}).work().steps[0].loss_before

    assert loss("1/(1 + exp(-z))").overlaps(loss("sigmoid"))


@pytest.mark.parametrize(
    ("keys", "said", "never"),
    [
        ({"loss": "sum((a - t).^4)/N"}, "C = sum((a¹ − t)⁴)   ", "/1"),
        ({"loss": "huber"}, "|a¹ − t| − ½", "1 (|a¹"),
        ({"loss": "hinge", "input": [1, 0]}, "dual numbers have no answer here", "are not compared"),
        ({"loss": "huber"}, "where jumps where its condition changes.", "at equality"),
    ],
)
def test_pages_say_it_as_it_is_written_by_hand(keys: dict[str, Any], said: str, never: str) -> None:
    shown = to_terminal(worked_page(Network.of(**GOOD | keys).work()), 200)
    assert said in shown
    assert never not in shown
