# ruff: noqa: INP001  (run by make, imported by nothing)
"""Builds a Lambda layer: its pinned requirements, its own package, and their bytecode.

`sam build` runs this through the Makefile of each layer. Wheels are fetched for the architecture
that the functions run on, which need not be this machine's. What Lambda never reads is left out,
and everything is compiled beforehand: a cold start has no time for it, and cannot write it down.
"""

from __future__ import annotations

import argparse
import compileall
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ATTEMPTS = 3
UV = ROOT / ".venvs/uv/bin/uv"
ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
MANYLINUX = "manylinux_2_28"
"""Lambda's Python 3.13 runs on Amazon Linux 2023, glibc 2.34 (Lambda runtimes): older will do."""

SERVICES = frozenset(
    {
        "cloudwatch",
        "dynamodb",
        "events",
        "glue",
        "kinesis",
        "kms",
        "s3",
        "sagemaker",
        "sagemaker-featurestore-runtime",
        "sagemaker-runtime",
        "secretsmanager",
        "sns",
        "sqs",
        "sts",
    }
)
"""The services whose models the functions load; botocore brings those of 400 others."""

UNREAD = ("tests", "test", "testing/tests", "bin", "include")
"""Folders, at the top of a layer or in a package of it, that nothing imports at run time."""


def build(layer: str, target: Path, architecture: str) -> None:
    """Fill a folder with a layer.

    Args:
        layer: `lifecycle` or `science`, a folder beside this file.
        target: the folder that becomes the layer's archive.
        architecture: `arm64` or `x86_64`, as Lambda names them.
    """
    modules = target / "python"
    install(ROOT / "layers" / layer / "requirements.txt", modules, ARCHITECTURES[architecture])
    trim(modules)
    shutil.copytree(
        ROOT / "layers" / layer / layer,
        modules / layer,
        ignore=shutil.ignore_patterns("__pycache__"),
        dirs_exist_ok=True,
    )
    compile_all(modules)
    if layer == "science":
        pack(modules, "jobs/pack.py", "jobs.pyz")
        pack(modules, "glue/pack_glue.py", "glue.zip")


def install(requirements: Path, target: Path, machine: str) -> None:
    """Install hashed requirements as wheels of Python 3.13 for a machine."""
    common = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    common += ["--target", str(target), "--requirement", str(requirements)]
    if UV.exists():
        platform = ["--python-platform", f"{machine}-{MANYLINUX}", "--python", sys.executable]
        command = [str(UV), "pip", "install", *common, *platform, "--link-mode", "copy"]
        # What was installed before is there without asking anyone; a laptop may have no network.
        cached = subprocess.run([*command, "--offline"], check=False, capture_output=True)
        if cached.returncode == 0:
            return
    else:
        platform = ["--platform", f"{MANYLINUX}_{machine}", "--python-version", "3.13"]
        # Wheels say which glibc they need at least; pip wants each acceptable one named.
        older = [
            "--platform",
            f"manylinux_2_17_{machine}",
            "--platform",
            f"manylinux2014_{machine}",
        ]
        command = [sys.executable, "-m", "pip", "install", *common, *platform, *older]
    for _ in range(ATTEMPTS - 1):  # a connection may be refused now and then
        if subprocess.run(command, check=False).returncode == 0:
            return
    subprocess.run(command, check=True)


def trim(modules: Path) -> None:
    """Leave out what no function reads."""
    for folder in (modules, *(item for item in modules.iterdir() if item.is_dir())):
        for name in UNREAD:
            shutil.rmtree(folder / name, ignore_errors=True)
    for stub in modules.rglob("*.pyi"):
        stub.unlink()
    services = modules / "botocore/data"
    if services.is_dir():
        for service in services.iterdir():
            if service.is_dir() and service.name not in SERVICES:
                shutil.rmtree(service)
    shutil.rmtree(modules / "numpy/_core/tests", ignore_errors=True)
    for tests in modules.glob("numpy/*/tests"):
        shutil.rmtree(tests)


def compile_all(modules: Path) -> None:
    """Compile every module to bytecode that is believed without looking at its source.

    Times do not survive an archive, so the usual check by time would discard the bytecode.
    """
    compileall.compile_dir(
        modules,
        quiet=1,
        stripdir=modules,
        prependdir="/opt/python",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def pack(modules: Path, program: str, archive: str) -> None:
    """Pack the code that runs in SageMaker's containers or on Glue; every run keeps a copy of it.

    The libraries that it takes along are those of the layer.
    """
    command = [sys.executable, str(ROOT / program), str(modules / archive)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(modules)})


def main() -> None:
    """Build the layer that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layer", choices=("lifecycle", "science"))
    parser.add_argument("target", type=Path)
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="arm64")
    arguments = parser.parse_args()
    build(arguments.layer, arguments.target, arguments.architecture)


if __name__ == "__main__":
    main()
