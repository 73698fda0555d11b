"""Ask for known weaknesses of every pinned package: `python -m checks.advisories`.

pip-audit asks PyPI about each release. Where PyPI's advisories cannot be reached, behind a mirror
that has packages alone or without a network, nothing was audited: that is said, and it is no
failure, unless `BATON_AUDIT=required` makes it one, as a CI that has a network should. A weakness
that was found is a failure everywhere.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent
PIP_AUDIT = ROOT / ".venvs" / "scanners" / "bin" / "pip-audit"
PINNED = re.compile(r"^([A-Za-z0-9._-]+(?:\[[^\]]+\])?)==([^\s;\\]+)", re.MULTILINE)
PROBE = "pip"
"""Asked about first, so that a machine without advisories finds that out at once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A known weakness of a pinned release."""

    package: str
    version: str
    identifier: str
    mended_in: tuple[str, ...]

    def __str__(self) -> str:
        cure = f"mended in {', '.join(self.mended_in)}" if self.mended_in else "not mended yet"
        return f"{self.package} {self.version}: {self.identifier}, {cure}"


@dataclass(frozen=True, slots=True)
class Audit:
    """What pip-audit found out.

    Attributes:
        audited: how many releases advisories are known of, none included.
        findings: the weaknesses.
        silence: why nothing, or not all, could be asked; empty when all was.
    """

    audited: int
    findings: tuple[Finding, ...]
    silence: str = ""


def pinned(texts: Iterable[str]) -> list[list[str]]:
    """The releases of many requirement files, each once, as few lists without a package twice."""
    versions: dict[str, list[str]] = {}
    for text in texts:
        for name, version in PINNED.findall(text):
            known = versions.setdefault(name.partition("[")[0].lower().replace("_", "-"), [])
            if version not in known:
                known.append(version)
    most = max((len(found) for found in versions.values()), default=0)
    return [
        [f"{name}=={found[turn]}" for name, found in sorted(versions.items()) if len(found) > turn]
        for turn in range(most)
    ]


def read_answer(output: str, complaint: str) -> Audit:
    """Read what pip-audit printed: its JSON on stdout, its complaints on stderr."""
    try:
        listed = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = [line for line in complaint.splitlines() if line.strip()]
        return Audit(0, (), lines[-1].strip() if lines else "pip-audit said nothing")
    skipped = [item["skip_reason"] for item in listed if "skip_reason" in item]
    asked = [item for item in listed if "skip_reason" not in item]
    findings = tuple(
        Finding(item["name"], item["version"], each["id"], tuple(each["fix_versions"]))
        for item in asked
        for each in item["vulns"]
    )
    return Audit(len(asked), findings, skipped[0] if skipped else "")


def ask(releases: list[str]) -> Audit:
    """Run pip-audit over releases; nothing is installed or resolved."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("\n".join(releases), "utf-8")
        command = [str(PIP_AUDIT), "--requirement", str(file), "--no-deps", "--disable-pip"]
        command += ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    return read_answer(done.stdout, done.stderr)


def verdict(audits: list[Audit], *, required: bool) -> tuple[int, list[str]]:
    """The exit code and what to print."""
    audited = sum(audit.audited for audit in audits)
    findings = [str(finding) for audit in audits for finding in audit.findings]
    lines = [f"{audited} pinned releases audited, {len(findings)} known weaknesses", *findings]
    silent = [audit.silence for audit in audits if audit.silence]
    if silent and not audited:
        lines[0] = f"NOT AUDITED: the advisories cannot be reached from here ({silent[0]})"
    elif silent:
        lines.append(f"not all could be asked about ({silent[0]})")
    return (1 if findings or (silent and required) else 0), lines


def main() -> int:
    """Audit every requirements file of the repository."""
    files = [*ROOT.glob("requirements/*.txt"), *ROOT.glob("layers/*/requirements.txt")]
    groups = pinned(file.read_text("utf-8") for file in sorted(files))
    probe = next(
        (item for group in groups for item in group if item.startswith(f"{PROBE}==")), groups[0][0]
    )
    audits = [ask([probe])]
    if audits[0].audited:
        audits = [ask(group) for group in groups]
    required = os.environ.get("BATON_AUDIT") == "required"
    code, lines = verdict(audits, required=required)
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
