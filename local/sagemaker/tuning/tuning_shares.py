"""What the trainings of a tuning job share: this machine's cores, and data that is read once."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from local.sagemaker.jobs.container import Container, available_cores
from local.sagemaker.objects import ObjectsError
from local.sagemaker.training.training_inputs import find_channels
from local.sagemaker.training.training_order import Share
from local.sagemaker.tuning.tuning_children import child_request
from local.sagemaker.tuning.tuning_template import start_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.jobs.workers import Template
    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform
    from local.sagemaker.tuning.tuning_definitions import Definition

_log = logging.getLogger(__name__)


class Shares:
    """For each definition of a tuning job: its channels' objects, and the process to fork from."""

    def __init__(self, platform: Platform, name: str, definitions: list[Definition]) -> None:
        self._platform = platform
        self._definitions = definitions
        self._folder = platform.settings.data / "jobs" / f"{name}-{uuid.uuid4().hex[:8]}"
        self._found: dict[str, dict[str, list[Found]]] = {}
        self._templates: dict[str, Template] = {}

    def prepare(self) -> None:
        """Look for the channels' objects once, and read them once where that helps."""
        for place, definition in enumerate(self._definitions):
            request = child_request(definition, "any", {}, [])
            try:
                found = find_channels(self._platform.objects, request)
            except ObjectsError as error:
                _log.info("%s: each training will fail by itself: %s", self._folder.name, error)
                continue
            self._found[definition.name] = found
            container, tuned = Container(self._folder / str(place)), set(definition.tuned)
            template = start_template(self._platform, container, request, tuned, found)
            if template is not None:
                self._templates[definition.name] = template

    def share(self, definition: Definition, parallel: int, listen: Callable[[str], None]) -> Share:
        """What one training gets, when `parallel` of them run at the same time."""
        cores = max(1, available_cores() // parallel)
        return Share(
            cores=cores,
            pool=self._templates.get(definition.name),
            found=self._found.get(definition.name, {}),
            variables={"OMP_NUM_THREADS": str(cores)},
            listen=listen,
        )

    def close(self) -> None:
        """End the processes and remove their folders."""
        for template in self._templates.values():
            template.close()
        Container(self._folder).remove()
