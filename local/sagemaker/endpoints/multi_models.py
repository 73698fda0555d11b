"""Multi-model endpoints: models are loaded when they are first asked, and the least used go.

"Multi-model endpoints": `TargetModel` names an archive below the container's ModelDataUrl. Each
model is a process of its own here, at most `MOST_MODELS` of them on one instance.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ApiError
from local.sagemaker.endpoints.endpoint_instances import (
    STOP_SECONDS,
    ContainerPlan,
    Instance,
    StartError,
    container_plan,
)
from local.sagemaker.endpoints.model_client import ModelAnswer, ModelUnreachableError
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

MOST_MODELS = 4
"""Models in memory at once; the machine's memory is no instance's."""

TARGET_MODEL = "X-Amzn-SageMaker-Target-Model"


@dataclass(frozen=True)
class MultiModelPlan(ContainerPlan):
    """What runs on an instance of many models.

    Attributes:
        model: The model's document.
        container: Its container, whose ModelDataUrl is the models' prefix.
    """

    model: Document = field(default_factory=dict)
    container: Document = field(default_factory=dict)

    @classmethod
    def of(cls, model: Document, container: Document, patience: float) -> MultiModelPlan:
        """A plan; models are fetched when they are asked, so that none needs to be there yet."""
        return cls(
            image=container.get("Image", ""),
            environment=dict(container.get("Environment") or {}),
            archive=None,
            files=None,
            role=model.get("ExecutionRoleArn", ""),
            isolated=bool(model.get("EnableNetworkIsolation")),
            patience=patience,
            model=model,
            container=container,
        )


@dataclass
class _Loaded:
    """One model in memory, or on its way there."""

    instance: Instance
    using: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    up: bool = False
    failure: StartError | ApiError | None = None


@dataclass
class MultiModelInstance(Instance):
    """An instance that holds the models that were asked of late, the last asked last."""

    models: dict[str, _Loaded] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)
    _plan: MultiModelPlan | None = None
    _platform: Any = None

    def start(self, platform: Platform, plan: ContainerPlan) -> None:
        """Be ready; no model is loaded before it is asked."""
        assert isinstance(plan, MultiModelPlan)
        self._platform, self._plan = platform, plan
        self.healthy = True

    def request(self, headers: dict[str, str], body: bytes, timeout: float) -> ModelAnswer:
        """Ask the model that the headers name, after loading it if need be.

        Raises:
            ApiError: ValidationError when there is no such archive.
            ModelUnreachableError: When its process ends twice.
            ModelTimeoutError: When it does not answer in time.
        """
        target = headers[TARGET_MODEL]
        for last in (False, True):
            try:
                with self._loaded(target) as one:
                    return self._ask(target, one, headers, body, timeout)
            except StartError as error:
                text = f"Failed to load the model {target}: {error}"
                return ModelAnswer(500, {"content-type": "text/plain"}, text.encode())
            except ModelUnreachableError:
                if last:
                    # The other models are well: the instance must not count as dead.
                    text = f"The process of the model {target} ended while it answered"
                    return ModelAnswer(500, {"content-type": "text/plain"}, text.encode())
        raise AssertionError("unreachable: the last try returns")

    def _ask(
        self, target: str, one: _Loaded, headers: dict[str, str], body: bytes, timeout: float
    ) -> ModelAnswer:
        try:
            return one.instance.request(headers, body, timeout)
        except ModelUnreachableError:
            self._forget(target, one)
            raise

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """End every model's process."""
        self.stopping, self.healthy = True, False
        self._ended.set()
        with self._guard:
            loaded, self.models = list(self.models.values()), {}
        threads = [
            threading.Thread(target=one.instance.stop, args=(patience,), daemon=True)
            for one in loaded
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self) -> int | None:
        """Wait for the end: a model whose process dies is loaded anew when it is asked again."""
        self._ended.wait()
        return None

    def ends_within(self, seconds: float) -> bool:
        """Tell whether it is stopped in so many seconds."""
        return self._ended.wait(seconds)

    @contextmanager
    def _loaded(self, target: str) -> Iterator[_Loaded]:
        """A model in memory, which stays while it is used; raises `StartError`, `ApiError`."""
        with self._guard:
            one = self.models.pop(target, None) or _Loaded(self._new())
            self.models[target] = one
            one.using += 1
            surplus = self._surplus()
        for old in surplus:
            threading.Thread(target=old.instance.stop, daemon=True).start()
        try:
            self._bring_up(target, one)
            yield one
        finally:
            with self._guard:
                one.using -= 1

    def _bring_up(self, target: str, one: _Loaded) -> None:
        """Load a model that is not up; all who wait for it hear of a failure."""
        with one.lock:
            if one.failure is not None:
                raise one.failure
            if one.up:
                return
            try:
                self._load(target, one)
            except (StartError, ApiError) as error:
                one.failure = error
                self._forget(target, one)
                raise
            one.up = True

    def _load(self, target: str, one: _Loaded) -> None:
        plan = self._plan
        assert plan is not None
        prefix = plan.container.get("ModelDataUrl", "").rstrip("/")
        container = plan.container | {"ModelDataUrl": f"{prefix}/{target}", "Mode": "SingleModel"}
        try:
            member = container_plan(
                self._platform, plan.model, container, plan.patience, one.instance.folder
            )
        except StartError as error:
            if isinstance(error.__cause__, ObjectsError):
                raise ApiError(
                    f"Failed to download model data from {prefix}/{target}. Please ensure that "
                    f"there is an object located at the URL and that the role passed to "
                    f"CreateModel has permissions to download the object. ({error})",
                    code="ValidationError",
                    status=400,
                ) from error
            raise
        one.instance.start(self._platform, member)

    def _surplus(self) -> list[_Loaded]:
        """Take out the models that were asked longest ago, as far as nobody uses them."""
        idle = [target for target, one in self.models.items() if not one.using]
        many = max(0, len(self.models) - MOST_MODELS)
        return [self.models.pop(target) for target in idle[:many]]

    def _forget(self, target: str, one: _Loaded) -> None:
        """Take a model out, unless it is another by now, and end its process."""
        with self._guard:
            known = self.models.get(target) is one
            if known:
                del self.models[target]
        if known:
            threading.Thread(target=one.instance.stop, daemon=True).start()

    def _new(self) -> Instance:
        identity = uuid.uuid4().hex[:8]
        return Instance(
            name=f"{self.name}-{identity}",
            folder=self.folder / identity,
            log_group=self.log_group,
            log_folder=self.log_folder,
        )
