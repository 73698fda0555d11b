"""Script mode: runs the caller's entry point as SageMaker's training toolkit does.

sagemaker-training-toolkit, entry_point.py, params.py and errors.py: hyperparameters become
arguments, sorted; the working folder is the unpacked archive; what requirements.txt asks for is
installed for Python programs; a failure is written to `output/failure`.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from local.sagemaker.containers.algorithms.script_environment import COMMAND, InstallError, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAIL_LINES = 5


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
    os.environ |= training_environment(base)
    script = base / "code" / entry
    if not script.is_file():
        _write_failure(base, f"{entry} is not in the archive")
        return 1
    python = None
    if script.suffix == ".py":
        try:
            python = prepare(base / "code")
        except InstallError as error:
            command = f"/usr/bin/python3 {COMMAND}"
            _write_failure(base, told("InstallRequirementsError", error.code, str(error), command))
            return error.code
    words = command_of(entry, arguments)
    if python is not None:
        code, message = _run([str(python), entry, *arguments])
    elif script.suffix == ".py":
        code, message = _run_here(script, arguments)
    else:
        code, message = _run_program(script, entry, arguments)
    if code == 0:
        (base / "output/success").touch()
    else:
        _write_failure(base, told("ExecuteUserScriptError", code, message, " ".join(words)))
    return code


def training_environment(base: Path) -> dict[str, str]:
    """The toolkit's variables that gather others: SM_INPUT_DATA_CONFIG and SM_TRAINING_ENV."""
    channels = json.loads((base / "input/config/inputdataconfig.json").read_text())
    known = os.environ
    hosts = json.loads(known["SM_HOSTS"])
    gathered = {
        "channel_input_dirs": {name: str(base / "input/data" / name) for name in channels},
        "current_host": known["SM_CURRENT_HOST"],
        "hosts": hosts,
        "hyperparameters": json.loads(known["SM_HPS"]),
        "input_config_dir": known["SM_INPUT_CONFIG_DIR"],
        "input_data_config": channels,
        "input_dir": known["SM_INPUT_DIR"],
        "is_master": known["SM_CURRENT_HOST"] == hosts[0],
        "job_name": known["TRAINING_JOB_NAME"],
        "log_level": int(known["SM_LOG_LEVEL"]),
        "master_hostname": hosts[0],
        "model_dir": known["SM_MODEL_DIR"],
        "module_dir": known["SM_MODULE_DIR"],
        "module_name": known["SM_MODULE_NAME"],
        "network_interface_name": known["SM_NETWORK_INTERFACE_NAME"],
        "num_cpus": int(known["SM_NUM_CPUS"]),
        "num_gpus": int(known["SM_NUM_GPUS"]),
        "output_data_dir": known["SM_OUTPUT_DATA_DIR"],
        "output_dir": known["SM_OUTPUT_DIR"],
        "output_intermediate_dir": known["SM_OUTPUT_INTERMEDIATE_DIR"],
        "resource_config": json.loads(known["SM_RESOURCE_CONFIG"]),
        "user_entry_point": known["SM_USER_ENTRY_POINT"],
    }
    return {
        "SM_INPUT_DATA_CONFIG": json.dumps(channels),
        "SM_TRAINING_ENV": json.dumps(gathered),
        "SM_FRAMEWORK_PARAMS": "{}",
    }


def command_of(entry: str, arguments: Sequence[str]) -> list[str]:
    """The command line as a FailureReason tells it.

    Python programs run in Python, R programs in Rscript, and all else by its own first line.
    """
    suffix = Path(entry).suffix
    if suffix == ".py":
        return ["/usr/bin/python3", entry, *arguments]
    if suffix.lower() == ".r":
        return ["Rscript", entry, *arguments]
    return ["/bin/sh", "-c", f"./{entry} {' '.join(arguments)}".strip()]


def told(error: str, code: int, message: str, command: str) -> str:
    """The toolkit's text of one of its errors."""
    return f'{error}:\nExitCode {code}\nErrorMessage "{message}"\nCommand "{command}"'


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


def _run_here(script: Path, arguments: list[str]) -> tuple[int, str]:
    """Run a Python program in this process, whose libraries are loaded already."""
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
        return 1, "\n".join(trace.strip().splitlines()[-_TAIL_LINES:])
    return 0, ""


def _run_program(script: Path, entry: str, arguments: list[str]) -> tuple[int, str]:
    if script.suffix.lower() == ".r":
        if shutil.which("Rscript") is None:
            return 127, "Rscript was not found: R is not installed where this job runs"
        return _run(["Rscript", entry, *arguments])
    script.chmod(0o755)
    return _run(["/bin/sh", "-c", f'exec ./{entry} "$@"', entry, *arguments])


def _run(command: list[str]) -> tuple[int, str]:
    """Run a program in the script's folder; returns its exit code and its last error lines.

    The signal that asks this process to end is handed on: on SageMaker the program gets it.
    """
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    assert process.stderr is not None
    lines: list[str] = []
    reader = threading.Thread(target=_pass_on, args=(process.stderr, lines), daemon=True)
    reader.start()
    code = process.wait()
    reader.join(timeout=1.0)  # a child of the program may keep its error stream
    return code if code >= 0 else 128 - code, "\n".join(lines)


def _pass_on(stream: IO[bytes], lines: list[str]) -> None:
    for raw in stream:
        sys.stderr.buffer.write(raw)
        sys.stderr.buffer.flush()
        lines.append(raw.decode("utf-8", "replace").rstrip()[:1024])
        del lines[:-_TAIL_LINES]


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _write_failure(base: Path, text: str) -> None:
    print(text, file=sys.stderr)
    path = base / "output/failure"
    if not path.exists():
        with contextlib.suppress(OSError):  # a full disk; the log has it
            path.write_text(text)
