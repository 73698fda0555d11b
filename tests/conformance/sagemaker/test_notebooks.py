"""Notebook instances, by plain boto3 and JupyterLab's own API."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.sagemaker.settings import default_jupyter_lab
from tests.conformance.sagemaker.laptop import ROLE, LocalSageMaker, unique, until
from tests.conformance.sagemaker.serving import details
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not default_jupyter_lab().exists(), reason="needs the notebooks environment"
    ),
]

CHANGE = "SageMaker Notebook Instance State Change"


@pytest.fixture
def own_laptop(tmp_path: Path) -> Iterator[LocalSageMaker]:
    """A server that a test may kill."""
    with TinyS3() as s3:
        server = LocalSageMaker(tmp_path / "data", s3)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def encoded(script: str) -> list[dict[str, str]]:
    return [{"Content": base64.b64encode(script.encode()).decode()}]


def create(laptop: LocalSageMaker, **more: Any) -> str:
    name = unique("notebook")
    laptop.client().create_notebook_instance(
        NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=ROLE, **more
    )
    return name


def settle(laptop: LocalSageMaker, name: str, status: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def settled() -> bool:
        found.clear()
        found.update(laptop.client().describe_notebook_instance(NotebookInstanceName=name))
        return found["NotebookInstanceStatus"] not in {"Pending", "Stopping", "Updating"}

    until(settled, f"{name} settles", seconds=90)
    assert found["NotebookInstanceStatus"] == status, found.get("FailureReason")
    return found


def url_of(laptop: LocalSageMaker, name: str) -> str:
    answer = laptop.client().create_presigned_notebook_instance_url(NotebookInstanceName=name)
    return str(answer["AuthorizedUrl"])


def get(url: str, path: str, method: str = "GET", body: Any = None) -> Any:
    """Call JupyterLab's API with the token of a presigned URL."""
    base, _, token = url.partition("/lab?token=")
    headers = {"Authorization": f"token {token}"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{base}/api/{path}", data=content, headers=headers, method=method
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def test_an_instance_is_a_jupyterlab_whose_folder_outlives_a_stop(laptop: LocalSageMaker) -> None:
    """Its API answers to the token alone; scripts run on create and start; files stay."""
    sagemaker, config = laptop.client(), unique("config")
    sagemaker.create_notebook_instance_lifecycle_config(
        NotebookInstanceLifecycleConfigName=config,
        OnCreate=encoded("echo created >> scripts.txt"),
        OnStart=encoded("echo started >> scripts.txt"),
    )
    name = create(laptop, LifecycleConfigName=config)
    arn = settle(laptop, name, "InService")["NotebookInstanceArn"]
    url = url_of(laptop, name)
    get(url, "contents/note.txt", "PUT", {"type": "file", "format": "text", "content": "kept"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(url + "wrong", "contents")

    refused.value.close()
    assert refused.value.code == 403
    assert get(url, "contents/scripts.txt")["content"].split() == ["created", "started"]
    assert "python3" in get(url, "kernelspecs")["kernelspecs"]
    sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    settle(laptop, name, "Stopped")
    with pytest.raises(urllib.error.URLError):
        get(url, "contents")
    sagemaker.start_notebook_instance(NotebookInstanceName=name)
    settle(laptop, name, "InService")
    again = url_of(laptop, name)
    assert get(again, "contents/note.txt")["content"] == "kept"
    scripts = get(again, "contents/scripts.txt")["content"].split()
    assert scripts == ["created", "started", "started"]
    with pytest.raises(ClientError, match="not in"):
        sagemaker.delete_notebook_instance(NotebookInstanceName=name)
    sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    settle(laptop, name, "Stopped")
    sagemaker.delete_notebook_instance(NotebookInstanceName=name)
    told = "Pending InService Stopping Stopped Pending InService Stopping Stopped Deleting Deleted"
    until(lambda: len(details(laptop, CHANGE, arn)) == 10, "every change is told")
    events = details(laptop, CHANGE, arn)
    assert [event["NotebookInstanceStatus"] for event in events] == told.split()
    assert not (laptop.data / "notebook-instances" / name).exists()


def test_a_failing_script_fails_the_instance(laptop: LocalSageMaker) -> None:
    """FailureReason has its exit code and last lines; another config can be given."""
    sagemaker, config = laptop.client(), unique("config")
    sagemaker.create_notebook_instance_lifecycle_config(
        NotebookInstanceLifecycleConfigName=config,
        OnStart=encoded("echo no such package; exit 3"),
    )
    name = create(laptop, LifecycleConfigName=config)
    reason = settle(laptop, name, "Failed")["FailureReason"]
    with pytest.raises(ClientError, match="is used by"):
        sagemaker.delete_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=config
        )
    sagemaker.update_notebook_instance(
        NotebookInstanceName=name, DisassociateLifecycleConfig=True, InstanceType="ml.t3.large"
    )
    updated = settle(laptop, name, "Stopped")

    assert reason == "LifecycleConfigOnStart exited with code 3: no such package"
    assert updated["InstanceType"] == "ml.t3.large"
    assert "NotebookInstanceLifecycleConfigName" not in updated
    sagemaker.delete_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=config)


def test_an_instance_comes_back_after_a_kill(own_laptop: LocalSageMaker) -> None:
    """The old JupyterLab ends with the server; a new one serves the same folder."""
    name = create(own_laptop)
    settle(own_laptop, name, "InService")
    url = url_of(own_laptop, name)
    pid = jupyter_of(own_laptop, name)
    own_laptop.kill()
    until(lambda: not runs(pid), "the orphan ends")
    own_laptop.start()
    settle(own_laptop, name, "InService")

    assert url_of(own_laptop, name) != url
    assert get(url_of(own_laptop, name), "status")["kernels"] == 0


def test_without_its_environment_an_instance_fails(tmp_path: Path) -> None:
    """FailureReason names what is missing; the server goes on."""
    missing = tmp_path / "jupyter-lab"
    with TinyS3() as s3:
        server = LocalSageMaker(tmp_path / "data", s3, ("--jupyter-lab", str(missing)))
        server.start()
        try:
            reason = settle(server, create(server), "Failed")["FailureReason"]
        finally:
            server.stop()

    assert reason.startswith(f"The notebooks environment is missing: there is no {missing}")


def jupyter_of(laptop: LocalSageMaker, name: str) -> int:
    """The process that serves an instance's folder."""
    wanted = str(laptop.data / "notebook-instances" / name).encode()
    for entry in Path("/proc").glob("[0-9]*"):
        line = command_of(int(entry.name))
        if b"jupyter-lab" in line and wanted in line:
            return int(entry.name)
    raise AssertionError(f"no JupyterLab serves {name}")


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def runs(pid: int) -> bool:
    return b"jupyter-lab" in command_of(pid)
