"""Generated pages say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_operations_is_the_registered_one():
    """`make coverage-tables` writes it; what it says must be what is there."""
    page = (ROOT / "docs" / "local-sagemaker.md").read_text()
    command = [sys.executable, "-m", "local.sagemaker.coverage"]

    made = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)

    assert page.split("<!-- coverage -->\n", 1)[1] == made.stdout


def test_every_page_that_is_linked_is_there():
    """In the README and in docs, links lead to files of the project."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert missing == []
