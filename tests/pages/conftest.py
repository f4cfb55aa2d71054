"""Documents that the tests of all media share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import page_samples

from chainrule.pages.document import Document


@pytest.fixture(scope="session")
def document() -> Document:
    return page_samples.document()


@pytest.fixture(scope="session")
def hostile() -> Document:
    return page_samples.hostile()
