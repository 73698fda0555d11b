"""Look for secrets in every file that git keeps: `python -m checks.leaks`.

detect-secrets knows the shapes of keys and tokens, names that go with passwords, and texts too
random to be words. It takes a minute over this repository, so files that were found clean are
remembered by their content, and looked at again only when they or the rules changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent
SCANNERS = ROOT / ".venvs" / "scanners"
HOOK = SCANNERS / "bin" / "detect-secrets-hook"
CLEAN = SCANNERS / "clean-files"
TOGETHER = 25
"""Files a process is given: starting one costs as much as some files do."""

NO_SECRETS = {
    "--exclude-files": (
        r"^requirements/|requirements\.txt$",  # hashes of packages
        r"^events/(aws|lifecycle)/",  # ETags and record data, as AWS's own samples give them
        r"\.(gz|zip|png|jpg|parquet)$",
    ),
    "--exclude-secrets": (
        r"^(secret|testing|owner|wrong)$",  # what tests give for a key or a password
        r"@example\.com$",  # addresses that are nobody's
        r"^AKIABATON",  # names of the laptop's keys, whose secret is drawn at random
        r"^(0055AED6DCD90281E.|C3D13FE58DE4C810)$",  # of AWS's sample of an S3 event
    ),
    "--exclude-lines": (r"secretsmanager:|GenerateSecretString|arn:aws:",),
}
"""What looks like a secret and is none."""


def rules() -> list[str]:
    """The scanner's arguments."""
    return [part for name, each in NO_SECRETS.items() for item in each for part in (name, item)]


def leaks(files: Iterable[str], root: Path = ROOT) -> list[str]:
    """What the scanner says of files, named from the root: the lines that name a place."""
    done = subprocess.run(
        [str(HOOK), *rules(), *files], check=False, capture_output=True, text=True, cwd=root
    )
    if done.returncode == 0:
        return []
    lines = [line.strip() for line in done.stdout.splitlines()]
    kinds = [line.partition(":")[2].strip() for line in lines if line.startswith("Secret Type:")]
    places = [line.partition(":")[2].strip() for line in lines if line.startswith("Location:")]
    return [
        f"{place}: {kind}" for place, kind in zip(places, kinds, strict=True)
    ] or done.stderr.splitlines()


def contents() -> dict[str, str]:
    """Every file that git keeps → a digest of the rules, its name and what is in it now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], check=True, capture_output=True, text=True, cwd=ROOT
    )
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    given = "\0".join(rules()).encode()
    return {
        name: hashlib.sha256(given + name.encode() + (ROOT / name).read_bytes()).hexdigest()
        for name in names
    }


def main() -> int:
    """Scan what is not known to be clean; 1 if there is a leak."""
    known = set(CLEAN.read_text("utf-8").split()) if CLEAN.exists() else set()
    digests = contents()
    due = [name for name, digest in digests.items() if digest not in known]
    groups = [due[start : start + TOGETHER] for start in range(0, len(due), TOGETHER)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(threads.map(leaks, groups))
    dirty = {name for group, told in zip(groups, found, strict=True) if told for name in group}
    CLEAN.write_text("\n".join(digests[name] for name in digests if name not in dirty), "utf-8")
    told = [line for each in found for line in each]
    told.append(f"{len(digests)} files, {len(due)} of them new or changed: {len(told)} secrets")
    sys.stdout.write("\n".join(told) + "\n")
    return 1 if len(told) > 1 else 0


if __name__ == "__main__":
    sys.exit(main())
