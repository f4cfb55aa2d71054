"""What is no document is refused with a message that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import chainrule as cr
from chainrule.checker.files import found
from chainrule.errors import ChainruleError, DocumentError, WrongType

BYTES = {
    "Latin-1": ("é $x = 1$".encode("latin-1"), "byte 0xe9 in line 1"),
    "UTF-16": ("$x = 1$".encode("utf-16"), "not text"),
    "a PDF": (b"%PDF-1.7\n\xe2\xe3", "is a PDF"),
    "a PNG": (b"\x89PNG\r\n\x1a\n\x00", "an image"),
    "a JPEG": (b"\xff\xd8\xff\xe1\x00\x10Exif", "not text"),
    "a Word document": (b"PK\x03\x04\x14\x00", "Word"),
    "nothing": (b"", "no equation in"),
    "prose": (b"Dear all,\n", "no equation in"),
    "formulas without a relation": (b"See $x$ and $y$.", "no equation in"),
    "an open dollar": (b"Let $x = 1\n", "line 1, column 5: this $ is not closed"),
}


@pytest.mark.parametrize(("data", "said"), BYTES.values(), ids=BYTES)
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(data)
    with pytest.raises(DocumentError) as raised:
        cr.check(file)
    assert said in str(raised.value)
    assert str(file) in str(raised.value)
    assert raised.value.hint


@pytest.mark.parametrize("name", ["none.md", "none.tex", "none.MARKDOWN", "no/folder/none.md"])
def test_a_path_to_nothing_is_said_to_be_one(name: str) -> None:
    with pytest.raises(DocumentError, match="there is no file"):
        cr.check(name)


def test_a_name_that_is_nearly_right_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "homework.md").write_text("$x = 1$", encoding="utf-8")
    with pytest.raises(DocumentError) as raised:
        cr.check(tmp_path / "homwork.md")
    assert raised.value.hint == str(tmp_path / "homework.md")


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="is a folder"):
        cr.check(tmp_path)


@pytest.mark.parametrize(("value", "word"), [(None, "None"), (3, "an int"), (b"$x$", "a bytes"), (["a.md"], "a list")])
def test_another_kind_of_thing_is_refused(value: Any, word: str) -> None:
    with pytest.raises(WrongType, match=f"not {word}") as raised:
        cr.check(value)
    assert isinstance(raised.value, TypeError)
    assert isinstance(raised.value, ChainruleError)


def test_lines_may_end_as_on_other_systems(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(b"\xef\xbb\xbfLet $x = 2$.\r\n\r\n$$x^2 = 4$$\r\n")
    assert [(c.line, c.column, c.verdict) for c in cr.check(file).claims][1] == (3, 9, "right")


def test_a_folder_stands_for_the_documents_in_it(tmp_path: Path) -> None:
    for name in ("b.md", "a.tex", "c.txt", ".d.md", "e.markdown"):
        (tmp_path / name).write_text("$x = 1$", encoding="utf-8")
    names = ["a.tex", "b.md", "e.markdown"]
    assert found([str(tmp_path), str(tmp_path / "b.md"), "-"]) == [*(str(tmp_path / n) for n in names), "-"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match="no document in the folder"):
        found([str(tmp_path / "empty")])
