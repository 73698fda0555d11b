"""Run bandit over what is deployed or serves: `python -m checks.weaknesses`.

Ruff's rules S101 to S704 carry bandit's numbers, so what a line or a configuration answers to ruff
(`noqa: S324` with its reason) it answers to bandit as well, and nothing is answered twice. Bandit
knows some that ruff does not.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BANDIT = ROOT / ".venvs" / "scanners" / "bin" / "bandit"
FOLDERS = ("functions", "layers", "jobs", "glue", "local", "cli", "events", "checks")
ALWAYS = frozenset({"B404"})
"""Importing subprocess is no finding where each call is judged."""
ANSWER = re.compile(r"noqa:\s*([A-Z0-9, ]+)")


def answered_by_rules(root: Path = ROOT) -> dict[str, set[str]]:
    """Pattern of files → numbers that ruff's configurations leave out there."""
    lint = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    found = {"*": _numbers(lint["ignore"])}
    found |= {pattern: _numbers(codes) for pattern, codes in lint["per-file-ignores"].items()}
    for file in (*root.glob("*/ruff.toml"), *root.glob("layers/*/ruff.toml")):
        own = tomllib.loads(file.read_text("utf-8")).get("lint", {})
        folder = file.parent.relative_to(root).as_posix()
        ignored = [*own.get("ignore", []), *own.get("extend-ignore", [])]
        found[f"{folder}/*"] = _numbers(ignored)
        for key in ("per-file-ignores", "extend-per-file-ignores"):
            for pattern, codes in own.get(key, {}).items():
                found[f"{folder}/{pattern}"] = _numbers(codes)
    return found


def _numbers(codes: list[str]) -> set[str]:
    return {f"B{code[1:]}" for code in codes if re.fullmatch(r"S\d{3}", code)}


def is_answered(finding: dict[str, Any], rules: dict[str, set[str]]) -> bool:
    """Whether the lines of a finding, or ruff's configuration, answer it."""
    number = finding["test_id"]
    if number in ALWAYS:
        return True
    path = finding["filename"].removeprefix("./")
    if any(number in numbers and fnmatch(path, pattern) for pattern, numbers in rules.items()):
        return True
    codes = {code.strip() for each in ANSWER.findall(finding["code"]) for code in each.split(",")}
    return f"S{number[1:]}" in codes


def findings() -> list[dict[str, Any]]:
    """What bandit finds.

    Raises:
        RuntimeError: it did not run to its end.
    """
    command = [str(BANDIT), "--quiet", "--recursive", "--format", "json", *FOLDERS]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    if done.returncode > 1 or not done.stdout:
        raise RuntimeError(done.stderr[-2000:])
    answer = json.loads(done.stdout)
    if answer["errors"]:
        raise RuntimeError(str(answer["errors"]))
    found: list[dict[str, Any]] = answer["results"]
    return found


def main() -> int:
    """Print what nobody has answered; 1 if there is any."""
    rules = answered_by_rules()
    found = findings()
    left = [item for item in found if not is_answered(item, rules)]
    for item in left:
        where = f"{item['filename']}:{item['line_number']}"
        sys.stdout.write(f"{where}: {item['test_id']} {item['issue_text']}\n")
    sys.stdout.write(f"bandit: {len(found)} findings, {len(left)} not answered\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
