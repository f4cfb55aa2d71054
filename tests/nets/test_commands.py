"""What `chainrule work` and `chainrule exercise` do with options that have nothing to do, or contradict each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chainrule.cli.app import app

EXAMPLES = Path(__file__).parents[2] / "examples"


def called(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("option", [["--steps", "3"], ["--float"]])
def test_options_for_numbers_need_numbers(option: list[str]) -> None:
    code, said = called("work", str(EXAMPLES / "formulas.toml"), *option)
    assert code == 2
    assert "formulas.toml has sizes alone, and no numbers to work with Try: input, target" in said


def test_a_sheet_and_its_solution_are_two_files(tmp_path: Path) -> None:
    path = tmp_path / "sheet.md"
    code, said = called("exercise", "-o", str(path), "--solution", str(path))
    assert code == 2
    assert "--solution: the sheet and its solution need a file each" in said
    assert not path.exists()


def test_a_solution_of_unknown_format_is_refused_by_its_own_option(tmp_path: Path) -> None:
    code, said = called("exercise", "--solution", str(tmp_path / "a.pdf"))
    assert code == 2
    assert "--solution: the suffix says the format" in said
