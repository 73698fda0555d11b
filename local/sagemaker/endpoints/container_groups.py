"""Instances of several containers: a pipeline, containers asked one by one, many models.

"Host models along with pre-processing logic as serial inference pipeline", "Deploy multi-container
endpoints", "Multi-model endpoints". A model's way of being served is its mode: Single, Serial,
Direct or MultiModel.
"""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local.sagemaker.endpoints.endpoint_instances import (
    STOP_SECONDS,
    ContainerPlan,
    Instance,
    StartError,
    container_plan,
)
from local.sagemaker.endpoints.model_client import ModelAnswer, ModelUnreachableError
from local.sagemaker.endpoints.multi_models import MultiModelInstance, MultiModelPlan

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.endpoints.model_client import ModelStream
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

SINGLE, SERIAL, DIRECT, MULTI_MODEL = "Single", "Serial", "Direct", "MultiModel"
TARGET_CONTAINER = "X-Amzn-SageMaker-Target-Container-Hostname"
_WATCH_SECONDS = 0.2


@dataclass(frozen=True)
class GroupPlan(ContainerPlan):
    """What runs on an instance of several containers.

    Attributes:
        members: Each container's hostname and plan, in their order.
        serial: Whether each answer is the next one's request.
    """

    members: tuple[tuple[str, ContainerPlan], ...] = ()
    serial: bool = True


@dataclass
class ContainerGroup(Instance):
    """An instance whose containers come, and go, together."""

    members: dict[str, Instance] = field(default_factory=dict)
    serial: bool = True

    def start(self, platform: Platform, plan: ContainerPlan) -> None:
        """Start every container and wait until all answer `/ping`; raises `StartError`."""
        assert isinstance(plan, GroupPlan)
        self._end_members(STOP_SECONDS)
        self.serial = plan.serial
        self.members = {
            name: Instance(
                name=f"{self.name}-{name}",
                folder=self.folder / name,
                log_group=self.log_group,
                log_folder=self.log_folder,
            )
            for name, _ in plan.members
        }
        with ThreadPoolExecutor(min(4, len(plan.members))) as pool:
            begun = [
                pool.submit(self.members[name].start, platform, member)
                for name, member in plan.members
            ]
        for (name, _), one in zip(plan.members, begun, strict=True):
            error = one.exception()
            if error is not None:
                self._end_members(STOP_SECONDS)
                raise StartError(f"container {name}: {error}") from error
        self.healthy = True

    def request(self, headers: dict[str, str], body: bytes, timeout: float) -> ModelAnswer:
        """Ask the container that the headers name, or one after the other."""
        first, *others = self._asked(headers)
        answer = first.request(_without(headers), body, timeout)
        for member in others:
            if answer.status >= 300:
                break
            answer = member.request(_next_headers(headers, answer), answer.body, timeout)
        return answer

    def stream(self, headers: dict[str, str], body: bytes, timeout: float) -> ModelStream:
        """As `request`; of a pipeline the last container's answer is streamed."""
        *before, last = self._asked(headers)
        passed = _without(headers)
        for member in before:
            answer = member.request(passed, body, timeout)
            if answer.status >= 300:
                return member.stream(passed, body, timeout)  # to tell the same refusal
            passed, body = _next_headers(headers, answer), answer.body
        return last.stream(passed, body, timeout)

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """End every container."""
        self.stopping, self.healthy = True, False
        self._end_members(patience)
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self) -> int | None:
        """Wait for any container to end; an instance without one of them is none."""
        while True:
            for member in list(self.members.values()):
                if member.ends_within(_WATCH_SECONDS):
                    return member.wait()
            if not self.members:
                return None

    def ends_within(self, seconds: float) -> bool:
        """Tell whether a container ends in so many seconds."""
        return any(member.ends_within(seconds) for member in self.members.values())

    def execution_parameters(self) -> Document:
        """What the first container says to batch transform."""
        return next(iter(self.members.values())).execution_parameters()

    def _asked(self, headers: dict[str, str]) -> list[Instance]:
        if not self.members:
            raise ModelUnreachableError("the instance is not up")
        if self.serial:
            return list(self.members.values())
        return [self.members[headers[TARGET_CONTAINER]]]

    def _end_members(self, patience: float) -> None:
        members, self.members = list(self.members.values()), {}
        threads = [
            threading.Thread(target=member.stop, args=(patience,), daemon=True)
            for member in members
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def mode_of(model: Document) -> str:
    """How a model is served: Single, Serial, Direct or MultiModel."""
    listed = containers_of(model)
    if len(listed) == 1:
        return MULTI_MODEL if listed[0].get("Mode") == "MultiModel" else SINGLE
    mode = (model.get("InferenceExecutionConfig") or {}).get("Mode", SERIAL)
    return DIRECT if mode == DIRECT else SERIAL


def containers_of(model: Document) -> list[Document]:
    """A model's containers, in their order."""
    listed: list[Document] = model.get("Containers") or [model["PrimaryContainer"]]
    return listed


def hostname(container: Document, number: int) -> str:
    """What a container is called; SageMaker numbers those that have no name from 1."""
    return str(container.get("ContainerHostname") or f"container-{number}")


def plan_model(platform: Platform, model: Document, patience: float, files: Path) -> ContainerPlan:
    """Fetch what the containers of a model need; as `container_plan` for each.

    Raises:
        StartError: When model data cannot be read.
    """
    listed, mode = containers_of(model), mode_of(model)
    if mode == MULTI_MODEL:
        return MultiModelPlan.of(model, listed[0], patience)
    if mode == SINGLE:
        return container_plan(platform, model, listed[0], patience, files)
    names = [hostname(container, number) for number, container in enumerate(listed, 1)]
    plans = [
        container_plan(platform, model, container, patience, files / name)
        for name, container in zip(names, listed, strict=True)
    ]
    return GroupPlan(
        image=plans[0].image,
        environment={},
        archive=None,
        files=None,
        role=plans[0].role,
        isolated=plans[0].isolated,
        patience=patience,
        members=tuple(zip(names, plans, strict=True)),
        serial=mode == SERIAL,
    )


def with_environment(plan: ContainerPlan, more: dict[str, str]) -> ContainerPlan:
    """A plan whose containers all have further variables."""
    if isinstance(plan, GroupPlan):
        members = tuple((name, with_environment(member, more)) for name, member in plan.members)
        return replace(plan, members=members)
    return replace(plan, environment=plan.environment | more)


def make_instance(model: Document, name: str, folder: Path, log_group: str) -> Instance:
    """An instance, not started yet, of the kind that a model needs."""
    kinds: dict[str, type[Instance]] = {
        SINGLE: Instance,
        SERIAL: ContainerGroup,
        DIRECT: ContainerGroup,
        MULTI_MODEL: MultiModelInstance,
    }
    return kinds[mode_of(model)](name=name, folder=folder, log_group=log_group)


def _without(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != TARGET_CONTAINER}


def _next_headers(headers: dict[str, str], answer: ModelAnswer) -> dict[str, str]:
    """What the next container gets: its content type is that of the last one's answer."""
    return _without(headers) | {"Content-Type": answer.headers.get("content-type", "")}
