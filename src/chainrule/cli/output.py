"""Reading the input, and writing the result to the terminal or to a file whose suffix says the format."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

Formats = Mapping[str, Callable[[], str]]


def read(text: str) -> str:
    """The text, or standard input for `-`."""
    return sys.stdin.read() if text == "-" else text.strip()


def as_json(data: Any) -> str:
    """JSON with the signs of mathematics as they are."""
    return json.dumps(data, ensure_ascii=False, indent=2)


def check_suffix(path: Path | None, formats: Formats) -> None:
    """Refuse a file that could not be written, or does not say a known format, before any work is done."""
    if path is None:
        return
    if path.suffix.lower() not in formats:
        known = ", ".join(formats)
        raise typer.BadParameter(f"the suffix says the format: {known}; not {path.name!r}", param_hint="--output")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}", param_hint="--output")


def deliver(text: Callable[[], str], path: Path | None, formats: Formats) -> None:
    """Print the text, or write the format that the file's suffix names."""
    if path is None:
        print(text())
        return
    content = formats[path.suffix.lower()]()
    path.write_text(content if content.endswith("\n") else content + "\n", encoding="utf-8")
    print(f"wrote {path}", file=sys.stderr)
