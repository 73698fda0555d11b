"""Script mode: runs the caller's entry point as SageMaker's training toolkit does.

sagemaker-training-toolkit, entry_point.py and params.py: hyperparameters become arguments, sorted;
the working folder is the unpacked archive; a failure is written to `output/failure`.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def main(_arguments: list[str]) -> int:
    """Run the entry point; returns its exit code."""
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    config = json.loads((base / "input/config/hyperparameters.json").read_text())
    entry = str(_decoded(config["sagemaker_program"]))
    arguments = to_arguments(json.loads(os.environ["SM_HPS"]))
    os.environ["SM_USER_ARGS"] = json.dumps(arguments)
    os.environ["SM_USER_ENTRY_POINT"] = entry
    os.environ["SM_MODULE_NAME"] = Path(entry).stem
    os.environ["SM_MODULE_DIR"] = str(_decoded(config.get("sagemaker_submit_directory", "")))
    missing = missing_requirements(base / "code/requirements.txt")
    if missing:
        _write_failure(base, f"requirements.txt asks for what is not installed: {missing}")
        return 1
    script = base / "code" / entry
    if not script.is_file():
        _write_failure(base, f"{entry} is not in the archive")
        return 1
    code, message = (
        _run_python(script, arguments) if script.suffix == ".py" else _run_shell(entry, arguments)
    )
    if code != 0:
        command = " ".join(["/usr/bin/python3", entry, *arguments])
        told = f'ExitCode {code}\nErrorMessage "{message}"\nCommand "{command}"'
        _write_failure(base, f"ExecuteUserScriptError:\n{told}")
    return code


def to_arguments(hyperparameters: dict[str, Any]) -> list[str]:
    """Hyperparameters as command-line arguments, sorted by name, in the toolkit's spelling.

    One-letter names get one dash; None is an empty text; a map is `key=value,key=value`.
    """
    arguments = []
    for name, value in sorted(hyperparameters.items()):
        arguments.append(f"-{name}" if len(name) == 1 else f"--{name}")
        if value is None:
            arguments.append("")
        elif isinstance(value, dict):
            arguments.append(",".join(f"{key}={value[key]}" for key in sorted(value)))
        else:
            arguments.append(str(value))
    return arguments


def missing_requirements(path: Path) -> list[str]:
    """Names in a requirements file that are not installed: nothing is downloaded on a laptop."""
    if not path.is_file():
        return []
    missing = []
    for line in path.read_text().splitlines():
        match = _REQUIREMENT.match(line.partition("#")[0])
        if match is None:
            continue
        try:
            importlib.metadata.version(match[1])
        except importlib.metadata.PackageNotFoundError:
            missing.append(match[1])
    return missing


def _run_python(script: Path, arguments: list[str]) -> tuple[int, str]:
    sys.argv[:] = [str(script), *arguments]
    sys.path.insert(0, str(script.parent))
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            return ending.code or 0, ""
        print(ending.code, file=sys.stderr)
        return 1, str(ending.code)
    except BaseException:  # noqa: BLE001 -- a script may raise anything; the toolkit reports it all
        trace = traceback.format_exc()
        print(trace, file=sys.stderr, end="")
        return 1, "\n".join(trace.strip().splitlines()[-5:])
    return 0, ""


def _run_shell(entry: str, arguments: list[str]) -> tuple[int, str]:
    Path(entry).chmod(0o755)
    done = subprocess.run(["/bin/sh", "-c", f'./{entry} "$@"', entry, *arguments], check=False)
    return done.returncode, ""


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _write_failure(base: Path, text: str) -> None:
    path = base / "output/failure"
    if not path.exists():
        path.write_text(text)
    print(text, file=sys.stderr)
