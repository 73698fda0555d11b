"""Runs one Glue job's script as AWS Glue does: fetched from S3 under the job's own role.

`python glue_launcher.py RUN.json`, by the interpreter of `.venvs/glue`. The document names the
script, the files to lay beside it, its arguments, and where to say why it failed.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any


def main(document: Path) -> int:
    """Fetch the script and its files, run it, and return the exit code.

    A failure's last line, as Glue shows it in `ErrorMessage`, goes to the document's `failure`.
    """
    run: dict[str, Any] = json.loads(document.read_text())
    try:
        script = _prepare(run, Path.cwd())
        sys.argv = [str(script), *run["arguments"]]
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(bool(error.code))
        if code:
            Path(run["failure"]).write_text(f"SystemExit: {error.code}")
        return code
    except BaseException as error:  # noqa: BLE001 -- whatever ended the script is its failure
        traceback.print_exc()
        said = traceback.format_exception_only(error)[-1].strip()
        Path(run["failure"]).write_text(said)
        return 1
    return 0


def _prepare(run: dict[str, Any], folder: Path) -> Path:
    """Lay the script and its files into the folder; modules and archives of them go on the path.

    Spark's workers in Python, which inherit the environment, find these modules as on Glue.
    """
    for uri in run["extra_files"]:
        _fetch(uri, folder)
    for uri in run["extra_modules"]:
        fetched = _fetch(uri, folder)
        sys.path.insert(0, str(folder if fetched.suffix == ".py" else fetched))
        told = [sys.path[0], os.environ.get("PYTHONPATH")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, told))
    script = _fetch(run["script"], folder)
    sys.path.insert(0, str(folder))
    return script


def _fetch(uri: str, folder: Path) -> Path:
    """Download one object under its own name."""
    import boto3
    from botocore.exceptions import ClientError

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    target = folder / key.rpartition("/")[2]
    try:
        boto3.client("s3").download_file(bucket, key, str(target))
    except ClientError as error:
        raise FileNotFoundError(f"{uri} cannot be fetched: {error}") from error
    return target


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
