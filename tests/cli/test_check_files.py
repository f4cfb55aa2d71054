"""`chainrule check` with files: reports, repairs, folders, many at once, and what cannot be done."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

import pytest

import chainrule as cr

ROOT = Path(__file__).resolve().parents[2]
RIGHT = "Let $x > 0$ and $y = x^2$.\n\n$$\\frac{dy}{dx} = 2x$$\n"
WRONG = RIGHT.replace("= 2x", "= -2x")
OPEN = RIGHT + "\n$$\\frac{\\partial Q}{\\partial W} = R x^\\top$$\n"
SHOWN = r"""≔    1  Let $x > 0$ and $y = x^2$.
✗    3  $$\frac{dy}{dx} = -2x$$
                          ^^
        a sign is wrong: 2x, not -2x
        it should be: \frac{dy}{dx} = 2x

Line 3 is the first wrong one: a sign is wrong.
3 relations: 1 wrong, 2 definitions.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("a-right.md", RIGHT), ("b-wrong.md", WRONG), ("c-open.tex", OPEN)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_wrong_line_is_shown_with_its_repair(chainrule, folder: Path) -> None:
    done = chainrule("check", str(folder / "b-wrong.md"))
    assert (done.code, done.out) == (1, SHOWN)
    assert done.err == ""


@pytest.mark.parametrize(
    ("hint", "kind", "reason", "repair"),
    [("1", None, "", None), ("2", "sign", "a sign is wrong", None), ("3", "sign", "a sign is wrong: 2x, not -2x", "…")],
)
def test_json_gives_away_what_the_hint_says(
    chainrule, folder: Path, hint: str, kind: str | None, reason: str, repair: str | None
) -> None:
    done = chainrule("check", "--json", "--hint", hint, str(folder / "b-wrong.md"))
    claim = done.json["claims"][-1]
    assert list(done.json) == ["file", "claims", "summary"]
    assert list(claim) == [
        "line", "column", "latex", "verdict", "kind", "reason", "repair", "counterexample", "because_of",
    ]  # fmt: skip
    assert (claim["line"], claim["column"], claim["verdict"]) == (3, 19, "wrong")
    assert (claim["kind"], claim["reason"]) == (kind, reason)
    assert claim["repair"] == (None if repair is None else r"\frac{dy}{dx} = 2x")


@pytest.mark.parametrize("hint", ["0", "4", "x"])
def test_there_are_three_hints(chainrule, folder: Path, hint: str) -> None:
    assert chainrule("check", "--hint", hint, str(folder / "b-wrong.md")).code == 2


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        (".html", ["<!doctype html>", "a sign is wrong", "<math"]),
        (".md", ["$$\\frac{dy}{dx} = -2x$$", "> ✗ **line 3**: a sign is wrong", "It should be: $\\frac{dy}{dx} = 2x$"]),
        (".json", ['"verdict": "wrong"', '"repair": "\\\\frac{dy}{dx} = 2x"']),
        (".csv", ["first_wrong_line", ",3,sign,"]),
    ],
)
def test_reports_are_written_by_their_suffix(chainrule, folder: Path, suffix: str, words: list[str]) -> None:
    file = folder / f"report{suffix}"
    done = chainrule("check", str(folder / "b-wrong.md"), "-o", str(file))
    assert (done.code, done.out, done.err) == (1, "", f"wrote {file}\n")
    text = file.read_text(encoding="utf-8")
    assert [w for w in words if w not in text] == []


def test_a_folder_is_checked_in_order_and_in_one_file(chainrule, folder: Path) -> None:
    names = [str(folder / n) for n in ("a-right.md", "b-wrong.md", "c-open.tex")]
    assert [r["file"] for r in chainrule("check", "--json", str(folder)).json] == names
    file = folder / "class.csv"
    done = chainrule("check", str(folder), "-o", str(file))
    assert done.err == f"wrote {file}\n3 documents, 1 of them with a wrong line.\n"
    with file.open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    assert [(r["file"], r["first_wrong_line"], r["kind"]) for r in rows] == list(
        zip(names, ["", "3", ""], ["", "sign", ""], strict=True)
    )
    page = folder / "class.html"
    assert chainrule("check", *reversed(names), "-o", str(page)).code == 1
    assert re.findall(r"<h2>(.*?)</h2>", page.read_text(encoding="utf-8")) == names[::-1]


def test_a_file_that_cannot_be_used_does_not_lose_the_others(chainrule, folder: Path) -> None:
    (folder / "b-bad.md").write_bytes(b"\xff\xfe\x00")
    for name in ("d.md", "e.md", "f.md"):
        (folder / name).write_text(RIGHT, encoding="utf-8")
    done = chainrule("check", str(folder))
    assert done.code == 2
    heads = [line for line in done.out.splitlines() if line.startswith(str(folder))]
    names = ["a-right.md", "b-wrong.md", "c-open.tex", "d.md", "e.md", "f.md"]
    assert heads == [str(folder / n) for n in names]
    assert done.out.endswith("\n\n7 documents, 1 of them with a wrong line, 1 that cannot be used.\n")
    assert done.err.startswith(f"chainrule: {folder / 'b-bad.md'} is not text")
    as_json = json.loads(chainrule("check", "--json", str(folder)).out)
    assert sorted(as_json[1]) == ["error", "file"]
    assert as_json[1]["file"] == str(folder / "b-bad.md")


def test_the_exit_code_is_the_largest(chainrule, folder: Path) -> None:
    right, wrong, unclear = (str(folder / n) for n in ("a-right.md", "b-wrong.md", "c-open.tex"))
    none = str(folder / "none.md")
    for args, code in (
        ([right], 0), ([wrong], 1), ([unclear], 0), (["--strict", unclear], 1), ([right, wrong], 1), ([right, none], 2),
        ([wrong, none], 2), ([none], 2), ([none, str(folder / "no.md")], 2),
    ):  # fmt: skip
        assert chainrule("check", *args).code == code, args


def test_the_repaired_document_is_written_and_right(chainrule, folder: Path) -> None:
    file = folder / "fixed.md"
    done = chainrule("check", str(folder / "b-wrong.md"), "--fix", str(file))
    assert (done.code, done.out) == (1, SHOWN)
    assert done.err == f"wrote {file}: 1 line changed\n"
    assert file.read_text(encoding="utf-8") == RIGHT
    assert chainrule("check", str(file)).code == 0


def test_what_has_no_repair_is_named(chainrule, folder: Path) -> None:
    file, source = folder / "fixed.md", folder / "odd.md"
    source.write_text(RIGHT.replace("2x", r"\sin x + 7x^3"), encoding="utf-8")
    done = chainrule("check", str(source), "--fix", str(file))
    assert done.err == f"wrote {file}: no lines changed\n  line 3: still wrong, no repair known\n"
    assert file.read_text(encoding="utf-8") == source.read_text(encoding="utf-8")


BAD = {
    "a suffix that is no format": (["a-right.md", "-o", "x.pdf"], ".html, .md,"),
    "a folder that is not there": (["a-right.md", "-o", "none/x.md"], "there is no folder"),
    "a report over the document": (["a-right.md", "-o", "a-right.md"], "is the document itself"),
    "a repair over the document": (["a-right.md", "--fix", "a-right.md"], "is the document itself"),
    "repairs of several": (["a-right.md", "b-wrong.md", "--fix", "x.md"], "it takes one document"),
    "a repair that is no document": (["a-right.md", "--fix", "x.html"], "a document ends in"),
    "one file for both": (["a-right.md", "--fix", "x.md", "-o", "x.md"], "--output"),
    "JSON in a page": (["a-right.md", "--json", "-o", "x.html"], "--json"),
    "no document": (["none.md"], "there is no file none.md"),
    "an empty folder": (["empty"], "no document in the folder"),
    "no argument": ([], "Missing argument"),
}


@pytest.mark.parametrize(("args", "word"), BAD.values(), ids=BAD)
def test_what_cannot_be_done_is_said_before_any_work(
    chainrule, folder: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], word: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    before = sorted(folder.iterdir())
    done = chainrule("check", *args)
    assert done.code == 2
    assert done.out == ""
    assert word in " ".join(re.sub("[│╭╮╰╯─]", " ", done.err).split())
    assert "Traceback" not in done.err
    assert sorted(folder.iterdir()) == before
    assert (folder / "a-right.md").read_text(encoding="utf-8") == RIGHT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_is_refused(chainrule, folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o500)
    assert chainrule("check", str(folder / "a-right.md"), "-o", str(closed / "x.md")).code == 2


@pytest.mark.parametrize("text", ["", "Dear all,\n", "é".encode("latin-1").decode("latin-1") + "\n"])
def test_standard_input_without_an_equation_is_refused(chainrule, text: str) -> None:
    done = chainrule("check", "-", stdin=text)
    assert done.code == 2
    assert "there is no equation in the text" in done.err


def test_a_document_is_as_wide_as_the_terminal(chainrule, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = folder / "long.md"
    long.write_text(RIGHT.replace("= 2x", "= 2x + x - x" * 12).replace("Let", "그리고 " * 30 + "let"), encoding="utf-8")
    from chainrule.pages.boxes import width

    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(width, chainrule("check", str(long)).out.splitlines())) <= 60


def test_the_examples_are_what_they_say(chainrule) -> None:
    softmax = str(ROOT / "examples/homework/softmax.md")
    assert [c.line for c in cr.check(softmax).wrong] == [9]
    assert not cr.check(ROOT / "examples/homework/linear-layer.md").wrong


def test_the_help_shows_commands_that_work(chainrule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.cli.check import EPILOG

    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = [line.split()[1:] for line in EPILOG.splitlines() if line.startswith("    chainrule ")]
    assert len(commands) == 5
    for command in commands:
        assert chainrule(*command).code == 1, command
    assert sorted(p.name for p in tmp_path.iterdir()) == ["class.csv", "examples", "fixed.md", "report.html"]
