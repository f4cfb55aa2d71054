"""The code blocks and links of the Markdown pages.

`python tests/project/pages.py` writes the output of the commands into the pages; read the difference before keeping it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/*/*.md"), *ROOT.glob("examples/*.md")])
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced code block, with the line where it starts."""

    page: Path
    line: int
    language: str
    code: str

    @property
    def id(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path, language: str) -> list[Block]:
    """The code blocks of one language on a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, m.start()) + 1, m[1], m[2]) for m in _FENCE.finditer(text) if m[1] == language
    ]


def links(page: Path) -> list[str]:
    """Where the links of a page lead."""
    return _LINK.findall(_CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8"))))


def anchors(page: Path) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def sessions(block: Block) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that the page shows; empty where it shows none."""
    out: list[tuple[str, str]] = []
    for part in re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = command[:-1].rstrip() + " " + more.strip()
        out.append((command, output.strip("\n")))
    return out


def output(command: str, folder: Path = ROOT) -> str:
    """What a command of a page prints; it must not fail."""
    done = subprocess.run(
        ["bash", "-c", f'chainrule() {{ "{sys.executable}" -m chainrule "$@"; }}\n{command}'],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), f"{command}\n{done.stderr}"
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def update(page: Path) -> None:
    """Write what the commands print into the page."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page, "console"):
        code = ""
        for part in re.split(r"^(?=\$ )", block.code, flags=re.MULTILINE)[1:]:
            typed = re.match(r"(?:.*\\\n)*.*", part)
            assert typed
            code += typed[0] + "\n" + output(sessions(Block(page, 0, "", part))[0][0]) + "\n"
        text = text.replace(block.code, code)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for page in PAGES:
        update(page)
