"""Running the command as users do, but in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner


@dataclass(frozen=True)
class Outcome:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """`chainrule`, called with arguments and perhaps standard input."""

    def __call__(self, *args: str, stdin: str | None = None) -> Outcome:
        from chainrule.cli.app import app

        done = CliRunner().invoke(app, list(args), input=stdin)
        return Outcome(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def chainrule() -> Command:
    return Command()
