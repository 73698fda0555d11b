"""Script mode beyond one Python file: requirements, shell and R programs."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.laptop import BUCKET, IMAGE, ROLE, definition, unique, until

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
WHEEL = "greeter-1.0-py3-none-any.whl"


def wheel(greeting: str) -> bytes:
    """A distribution of one module."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        info = "greeter-1.0.dist-info"
        packed.writestr("greeter.py", f"GREETING = {greeting!r}\n")
        packed.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
        packed.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        packed.writestr(f"{info}/RECORD", "")
    return content.getvalue()


def source(laptop: LocalSageMaker, files: dict[str, bytes | str]) -> str:
    """The address of a sourcedir.tar.gz."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as packed:
        for name, given in files.items():
            raw = given.encode() if isinstance(given, str) else given
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            packed.addfile(entry, io.BytesIO(raw))
    return laptop.put(f"code/{uuid.uuid4().hex}/sourcedir.tar.gz", content.getvalue())


def start(laptop: LocalSageMaker, files: dict[str, bytes | str], program: str, **more: Any) -> str:
    """Start a job of some files; its name."""
    name = unique("script")
    hyperparameters = {
        "sagemaker_program": json.dumps(program),
        "sagemaker_submit_directory": json.dumps(source(laptop, files)),
        **more.pop("HyperParameters", {}),
    }
    laptop.client().create_training_job(
        TrainingJobName=name, **definition(laptop, HyperParameters=hyperparameters, **more)
    )
    return name


def test_requirements_get_an_environment_that_is_made_once(laptop: LocalSageMaker) -> None:
    """Two jobs at once share it; NumPy is still there; pip's output is in the job's log."""
    greeting = unique("hello")
    code = "import greeter, numpy, sys\nprint('says', greeter.GREETING, numpy.ones(2).sum())\n"
    files: dict[str, bytes | str] = {
        "train.py": code + "print(sys.argv[1:])",
        "requirements.txt": f"numpy\n./{WHEEL}\n",
        WHEEL: wheel(greeting),
    }
    names = [start(laptop, files, "train.py", HyperParameters={"depth": "3"}) for _ in range(2)]
    jobs = [laptop.await_training(name, 90) for name in names]

    assert [job["TrainingJobStatus"] for job in jobs] == ["Completed", "Completed"], jobs
    logs = [laptop.log("TrainingJobs", name) for name in names]
    assert all(f"says {greeting} 2.0\n['--depth', '3']" in log for log in logs)
    assert sum("Successfully installed greeter-1.0" in log for log in logs) == 1


def test_requirements_that_cannot_be_installed_fail_the_job(laptop: LocalSageMaker) -> None:
    """The reason is the toolkit's InstallRequirementsError, with pip's last words."""
    files = {"train.py": "print('never')", "requirements.txt": "./nothing-here.whl\n"}
    name = start(laptop, files, "train.py")
    job = laptop.await_training(name, 60)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: InstallRequirementsError:\nExitCode 1")
    assert "nothing-here.whl" in job["FailureReason"]
    assert "pip install -r requirements.txt" in job["FailureReason"]
    assert "never" not in laptop.log("TrainingJobs", name)


def test_a_script_in_its_own_environment_that_raises_is_told(laptop: LocalSageMaker) -> None:
    """Error lines and exit code are those of the script, as without requirements."""
    files = {
        "train.py": "raise RuntimeError('no luck')",
        "requirements.txt": f"./{WHEEL}\n",
        WHEEL: wheel("hello"),
    }
    reason = laptop.await_training(start(laptop, files, "train.py"), 90)["FailureReason"]

    assert reason.startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1")
    assert "RuntimeError: no luck" in reason


def test_a_shell_script_gets_the_arguments_and_the_signal(laptop: LocalSageMaker) -> None:
    """`run.sh` runs by its own first line; StopTrainingJob's SIGTERM reaches it."""
    script = """#!/bin/sh
trap 'echo told to end > "$SM_MODEL_DIR/told"; exit 0' TERM
echo "arguments $*"
while true; do sleep 0.05; done
"""
    name = start(laptop, {"run.sh": script}, "run.sh", HyperParameters={"depth": "3"})
    until(lambda: "arguments --depth 3" in _log(laptop, name), "the script runs")
    laptop.client().stop_training_job(TrainingJobName=name)

    assert laptop.await_training(name)["TrainingJobStatus"] == "Stopped"
    packed = laptop.s3.objects[BUCKET, f"out/{name}/output/model.tar.gz"]
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert archive.getnames() == ["told"]


def test_pip_in_a_shell_script_installs_for_this_job_alone(laptop: LocalSageMaker) -> None:
    """As `pip install` and `python` in a container; the next job does not find it."""
    script = f"""#!/bin/sh
pip install --quiet ./{WHEEL} && python -c "import greeter, numpy; print('says', greeter.GREETING)"
"""
    name = start(laptop, {"run.sh": script, WHEEL: wheel("hello")}, "run.sh")
    assert laptop.await_training(name, 90)["TrainingJobStatus"] == "Completed"
    assert "says hello" in laptop.log("TrainingJobs", name)

    after = start(laptop, {"run.sh": "#!/bin/sh\npython3 -c 'import greeter'\n"}, "run.sh")
    assert "No module named 'greeter'" in laptop.await_training(after)["FailureReason"]


def test_a_python_script_may_install_what_it_imports(laptop: LocalSageMaker) -> None:
    """`sys.executable -m pip install`, then the import, in one process."""
    code = f"""
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", "./{WHEEL}"])
import greeter
print("says", greeter.GREETING)
"""
    name = start(laptop, {"train.py": code, WHEEL: wheel("hi")}, "train.py")

    assert laptop.await_training(name, 90)["TrainingJobStatus"] == "Completed"
    assert "says hi" in laptop.log("TrainingJobs", name)


def test_a_failing_shell_script_fails_the_job(laptop: LocalSageMaker) -> None:
    """Exit code and last error lines."""
    name = start(laptop, {"run.sh": "#!/bin/sh\necho dark >&2\nexit 3\n"}, "run.sh")
    reason = laptop.await_training(name)["FailureReason"]

    assert 'ExitCode 3\nErrorMessage "dark"\nCommand "/bin/sh -c ./run.sh"' in reason


R_TRAINING = """
library(jsonlite)
base <- Sys.getenv("SAGEMAKER_BASE_DIR")
given <- fromJSON(file.path(base, "input/config/hyperparameters.json"))
rows <- read.csv(file.path(Sys.getenv("SM_CHANNEL_TRAIN"), "train.csv"), header = FALSE)
fit <- lm(V2 ~ V1, data = rows)
saveRDS(fit, file.path(Sys.getenv("SM_MODEL_DIR"), "model.rds"))
cat("arguments", commandArgs(trailingOnly = TRUE), "\\n")
cat(sprintf("slope: %.3f;\\n", as.numeric(given$scale) * coef(fit)[["V1"]]))
"""


def _r_data(laptop: LocalSageMaker) -> list[dict[str, Any]]:
    prefix = unique("r")
    laptop.put(f"{prefix}/train.csv", "".join(f"{x},{2 * x + 1}\n" for x in range(20)))
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}/"}
    return [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]


@needs_r
@pytest.mark.parametrize("way", ["program", "entrypoint"])
def test_r_trains(laptop: LocalSageMaker, way: str) -> None:
    """As a script-mode program and as `Rscript` with the argument `train`: model and metric."""
    specification: dict[str, Any] = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "slope", "Regex": "slope: ([0-9.]+);"}],
    }
    channels = _r_data(laptop)
    if way == "entrypoint":
        key = unique("code")
        laptop.put(f"{key}/train.R", R_TRAINING)
        code = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{key}/"}
        channels.append({"ChannelName": "code", "DataSource": {"S3DataSource": code}})
        specification |= {
            "ContainerEntrypoint": ["Rscript", "/opt/ml/input/data/code/train.R"],
            "ContainerArguments": ["train"],
        }
    name = start(
        laptop,
        {"train.R": R_TRAINING},
        "train.R",
        HyperParameters={"scale": "1.5"},
        AlgorithmSpecification=specification,
        InputDataConfig=channels,
    )
    job = laptop.await_training(name)

    assert job["TrainingJobStatus"] == "Completed", job
    assert [item["Value"] for item in job["FinalMetricDataList"]] == [3.0]
    expected = {"program": "arguments --scale 1.5", "entrypoint": "arguments train"}
    assert expected[way] in laptop.log("TrainingJobs", name)
    packed = laptop.s3.objects[BUCKET, f"out/{name}/output/model.tar.gz"]
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert archive.getnames() == ["model.rds"]


@needs_r
def test_r_that_stops_fails_the_job(laptop: LocalSageMaker) -> None:
    """R's own error is the message."""
    name = start(laptop, {"train.R": "stop('no luck')"}, "train.R")
    reason = laptop.await_training(name)["FailureReason"]

    assert reason.startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1")
    assert "no luck" in reason
    assert 'Command "Rscript train.R"' in reason


def test_without_r_the_job_says_so(laptop: LocalSageMaker) -> None:
    """A machine, here a PATH, without Rscript."""
    environment = {"PATH": "/nowhere"}
    name = start(laptop, {"train.R": "1"}, "train.R", Environment=environment)
    reason = laptop.await_training(name)["FailureReason"]

    assert "Rscript was not found" in reason


@needs_r
def test_r_processes(laptop: LocalSageMaker) -> None:
    """ContainerEntrypoint `["Rscript", …]`, paths below /opt/ml handed over as arguments."""
    name, base = unique("rprocess"), "/opt/ml/processing"
    script = "to <- commandArgs(TRUE)[1]; writeLines('done', file.path(to, 'report.txt'))"
    laptop.put(f"{name}/code/run.R", script)
    given = {
        "S3Uri": f"s3://{BUCKET}/{name}/code/",
        "LocalPath": f"{base}/input/code",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    output = {
        "S3Uri": f"s3://{BUCKET}/{name}/out",
        "LocalPath": f"{base}/out",
        "S3UploadMode": "EndOfJob",
    }
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    laptop.client().create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["Rscript", f"{base}/input/code/run.R"],
            "ContainerArguments": [f"{base}/out"],
        },
        ProcessingInputs=[{"InputName": "code", "S3Input": given}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": output}]},
        ProcessingResources={"ClusterConfig": cluster},
    )

    assert laptop.await_processing(name)["ProcessingJobStatus"] == "Completed"
    assert laptop.s3.objects[BUCKET, f"{name}/out/report.txt"] == b"done\n"


def _log(laptop: LocalSageMaker, name: str) -> str:
    path = laptop.data / "logs" / "TrainingJobs" / f"{name}.log"
    return path.read_text() if path.exists() else ""
