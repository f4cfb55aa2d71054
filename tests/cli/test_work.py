"""`chainrule work` and `chainrule exercise` as users call them."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
GOOD = """
input = [[1], [2]]
target = [[3]]
learning_rate = 0.1

[[layer]]
weights = [[1, 2]]
bias = [1]
"""


@pytest.fixture
def net(tmp_path: Path):
    def write(text: str) -> str:
        path = tmp_path / "net.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_example_is_worked(chainrule, path: Path) -> None:
    done = chainrule("work", str(path))
    assert done.code == 0, done.err
    assert "δ" in done.out
    assert "wrong" not in done.out.lower()


def test_the_course_comes_out_in_the_terminal(chainrule) -> None:
    done = chainrule("work", str(EXAMPLES / "course-1-linear.toml"))
    for part in ("b² ← ", "1.87", "1.07", "−0.44", "Three ways", "exactly", "old weights"):
        assert part in done.out, part


def test_json_has_every_number_of_every_step(chainrule) -> None:
    done = chainrule("work", str(EXAMPLES / "course-1-linear.toml"), "--steps", "2", "--json")
    assert done.code == 0, done.err
    assert done.json["sizes"] == [2, 3, 2]
    assert [len(s["layers"]) for s in done.json["steps"]] == [2, 2]
    layer = done.json["steps"][0]["layers"][0]
    assert set(layer) >= {"z", "a", "delta", "dW", "db", "dx", "W", "b", "W_new", "b_new"}
    assert done.json["steps"][1]["layers"][0]["W"] == layer["W_new"]
    assert done.json["agreement"]["holds"] is True


@pytest.mark.parametrize(
    ("suffix", "mark"),
    [(".html", "<math"), (".md", "$$"), (".tex", r"\begin{document}"), (".txt", "⎡"), (".json", '"steps"')],
)
def test_a_page_is_written_in_the_format_of_its_suffix(chainrule, tmp_path: Path, suffix: str, mark: str) -> None:
    path = tmp_path / f"page{suffix}"
    done = chainrule("work", str(EXAMPLES / "softmax-classifier.toml"), "-o", str(path))
    assert done.code == 0, done.err
    assert mark in path.read_text(encoding="utf-8")


def test_standard_input_is_read_for_a_dash(chainrule) -> None:
    done = chainrule("work", "-", "--json", stdin=GOOD)
    assert done.code == 0, done.err
    assert done.json["steps"][0]["loss_before"] == "9/2"


def test_a_step_that_makes_the_loss_larger_is_remarked_upon(chainrule) -> None:
    done = chainrule("work", "-", stdin=GOOD.replace("0.1", "10"))
    assert "larger" in done.out
    assert "larger" not in chainrule("work", "-", stdin=GOOD).out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input = [[1], [2]", "is not TOML"),
        ("input = [[1]\n[2]]", "line 2, column"),
        (GOOD.replace("weights = [[1, 2]]", "weights = [[1, 2, 3]]"), "layer 1: weights of shape 1 × 3"),
        (GOOD.replace("target = [[3]]", ""), "numbers are missing: target"),
        (GOOD + 'activation = "rellu"\n', "relu"),
        (GOOD.replace("[[3]]", "[[nan]]"), "is not a number"),
        (GOOD.replace("[[1], [2]]", "[]"), "input: it is empty"),
        (GOOD.replace("[[1], [2]]", "[[], []]"), "input: it is empty"),
        (GOOD.replace("learning_rate", "learnig_rate"), "learning_rate"),
        (GOOD.replace("[[layer]]", 'loss = "cross entropy"\n[[layer]]'), "needs an output for each class"),
        ("", "has no layers"),
        (GOOD + "\n[[layer]]\nunits = 2\n", "the weights of layer 2"),
    ],
)
def test_bad_input_is_one_message(chainrule, net, text: str, said: str) -> None:
    done = chainrule("work", net(text))
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("chainrule: ")
    assert said in done.err, done.err
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= 5


def test_a_file_that_is_not_there_is_said_so(chainrule, tmp_path: Path) -> None:
    done = chainrule("work", str(tmp_path / "none.toml"))
    assert done.code == 2
    assert "No such file" in done.err


def test_sizes_alone_give_no_json(chainrule) -> None:
    done = chainrule("work", str(EXAMPLES / "formulas.toml"), "--json")
    assert done.code == 2
    assert "has no numbers" in done.err


def test_the_same_seed_gives_the_same_exercise_and_a_solution(chainrule, tmp_path: Path) -> None:
    solution = tmp_path / "solution.md"
    line = ("exercise", "--layers", "2,3,2", "--activations", "relu,identity", "--seed", "7")
    first, second = chainrule(*line, "--solution", str(solution)), chainrule(*line)
    assert first.code == 0, first.err
    assert first.out.rstrip() == second.out.rstrip()
    assert "____" in first.out
    assert "____" not in solution.read_text(encoding="utf-8")
    assert chainrule(*line[:-1], "8").out != second.out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--layers", "2"), "at least one layer"),
        (("--layers", "2,x"), "whole numbers"),
        (("--layers", "2,99"), "no work for a hand"),
        (("--layers", "2,3,1", "--activations", "relu,relu,relu"), "3 activations for 2 layers"),
        (("--activations", "rellu"), "relu"),
        (("--loss", "cross entropy"), "cross entropy"),
        (("-o", "sheet.docx"), "suffix"),
    ],
)
def test_an_exercise_that_cannot_be_is_refused(chainrule, line: tuple[str, ...], said: str) -> None:
    done = chainrule("exercise", *line)
    assert done.code == 2
    assert said in done.err, done.err


def test_losses_and_activations_are_listed(chainrule) -> None:
    assert "half squared error" in chainrule("list", "losses").out
    assert "softmax" in chainrule("list", "activations").out
