"""`list`, `explain`, `demo`, help and version."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from chainrule import __version__
from chainrule.cli import check, derive, exercise, explain, listing, work
from chainrule.cli.demo import EXAMPLES, NEXT
from chainrule.cli.rules import RULES

EPILOGS = [command.EPILOG for command in (derive, work, check, exercise, listing, explain)]
COMMANDS = ["demo", "derive", "work", "check", "exercise", "list", "explain"]
SHOWN = [line.strip() for page in EPILOGS for line in page.splitlines() if line.startswith("    chainrule")]
SHOWN += [command for command, _ in NEXT] + [rule.command for rule in RULES]


@pytest.mark.parametrize("command", dict.fromkeys(SHOWN))
def test_commands_that_are_shown_work(chainrule, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(Path(__file__).parents[2] / "examples")
    monkeypatch.chdir(tmp_path)
    program, *args = shlex.split(command)
    done = chainrule(*args)
    assert program == "chainrule"
    wrong = "--answer" in args or args[0] == "check"  # what is shown there has something wrong in it
    assert done.code == (1 if wrong else 0), done.out + done.err


def test_help_names_the_commands_that_exist_and_no_others(chainrule) -> None:
    done = chainrule("--help")
    assert done.code == 0
    assert re.findall(r"^│ (\w+)  ", done.out, re.MULTILINE) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(chainrule, command: str) -> None:
    done = chainrule(command, "--help")
    assert done.code == 0
    assert command == "demo" or "Examples" in done.out


def test_version(chainrule) -> None:
    assert chainrule("--version").out == f"chainrule {__version__}\n"


def test_the_list_has_the_functions_of_the_language(chainrule) -> None:
    names = [row["name"] for row in chainrule("list", "--json").json]
    assert names == sorted(names)
    assert {"softmax", "logdet", "conv2d", "kron"} <= set(names)
    assert all(name in chainrule("list").out for name in names)


def test_every_function_can_be_explained(chainrule) -> None:
    for row in chainrule("list", "--json").json:
        done = chainrule("explain", row["name"])
        assert done.code == 0, done.err


def test_an_unknown_name_gets_a_proposal(chainrule) -> None:
    done = chainrule("explain", "softmx")
    assert done.code == 2
    assert "softmax" in done.err


def test_a_list_is_written_as_a_markdown_table(chainrule, tmp_path: Path) -> None:
    path = tmp_path / "rules.md"
    assert chainrule("list", "rules", "-o", str(path)).code == 0
    assert path.read_text(encoding="utf-8").startswith("| name | what |")


def test_the_demo_derives_three_examples_and_says_what_to_try_next(chainrule) -> None:
    done = chainrule("demo")
    assert done.code == 0, done.err
    for example in EXAMPLES:
        assert example.title in done.out
    for command, _ in NEXT:
        assert command in done.out


def test_every_rule_that_a_step_names_is_explained() -> None:
    import chainrule as cr

    known = {rule.name for rule in RULES}
    for example in EXAMPLES:
        d = cr.derive(cr.parse(example.expression, given=example.given), wrt=example.wrt)
        assert {step.rule for step in d.steps} <= known


@pytest.mark.parametrize("rule", [r for r in RULES if "--steps" in r.command], ids=lambda r: r.name)
def test_the_command_that_shows_a_rule_has_a_step_of_it(chainrule, rule) -> None:
    done = chainrule(*shlex.split(rule.command)[1:], "--json")
    assert rule.name in [s["rule"] for s in done.json["steps"]]


EXPLAINED = "einsum outer hadamard vector matrix keep conv1d conv2d gather reshape sum mean max norm2".split()  # noqa: SIM905


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_is_explained_is_worked_and_can_be_tried(chainrule, name: str) -> None:
    found = chainrule("explain", name, "--json").json
    assert f"{name}(" in found["example"] or name in ("keep", "vector", "matrix")
    assert chainrule(*shlex.split(found["try"])[1:]).code == 0
    if name in ("sum", "mean", "max", "norm2"):
        assert "--wrt X" in found["try"]


@pytest.mark.parametrize(("asked", "name"), [("σ", "sigmoid"), ("SoftMax", "softmax"), ("chain rule", "chain-rule")])
def test_explain_knows_signs_capitals_and_the_words_of_a_rule(chainrule, asked: str, name: str) -> None:
    assert chainrule("explain", asked).out.splitlines()[0] == name


def test_explain_says_what_other_languages_call_otherwise(chainrule) -> None:
    done = chainrule("explain", "trace")
    assert done.code == 2
    assert "Try: tr(A)" in done.err
