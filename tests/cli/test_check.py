"""`chainrule check`: what it prints, and what its exit code says."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from chainrule.cli.app import app

GOOD = "For $x > 0$ let $y = x^2$.\n\n$$\\frac{dy}{dx} = 2x$$\n"


def run(*args: str, text: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *args], input=text)
    return result.exit_code, result.output


def test_a_right_derivation_exits_with_0() -> None:
    code, out = run("-", text=GOOD)
    assert code == 0
    assert "✓    3" in out


def test_a_wrong_one_exits_with_1_and_shows_the_repair() -> None:
    code, out = run("-", text=GOOD.replace("2x", "3x"))
    assert code == 1
    assert "✗    3" in out
    assert "it should be:" in out or "left" in out


def test_strict_counts_what_is_not_understood() -> None:
    text = GOOD + "\n$$\\frac{\\partial Q}{\\partial W} = R x^\\top$$\n"
    assert run("-", text=text)[0] == 0
    assert run("--strict", "-", text=text)[0] == 1


def test_json_of_several_files_is_a_list(tmp_path: Path) -> None:
    files = [tmp_path / "a.md", tmp_path / "b.md"]
    for f in files:
        f.write_text(GOOD, encoding="utf-8")
    code, out = run("--json", *map(str, files))
    assert code == 0
    assert [r["file"] for r in json.loads(out)] == list(map(str, files))


def test_a_file_that_cannot_be_used_exits_with_2(tmp_path: Path) -> None:
    assert run(str(tmp_path / "none.md"))[0] == 2
    binary = tmp_path / "scan.md"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    assert run(str(binary))[0] == 2
