"""Publishes JumpStart's models when the local SageMaker starts, if it is set up so."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from local.sagemaker.assembly import at_start
from local.sagemaker.clients import CLOUD_ERRORS
from local.sagemaker.containers.jumpstart.publishing import publish

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

_ATTEMPTS = 20
_PAUSE_SECONDS = 3.0
_log = logging.getLogger(__name__)


@at_start
def publish_at_start(platform: Platform) -> None:
    """Publish in the background; what is there already is left alone."""
    settings = platform.settings
    if settings.jumpstart and settings.endpoint_url:
        threading.Thread(target=_publish, args=(platform,), name="jumpstart", daemon=True).start()


def _publish(platform: Platform) -> None:
    """Publish; an S3 that starts together with this server may need a while to answer."""
    settings, pause = platform.settings, threading.Event()
    for attempt in range(_ATTEMPTS):
        try:
            done = publish(
                platform.clients.client("s3"), settings.data / "jumpstart", settings.region
            )
        except (*CLOUD_ERRORS, OSError) as error:
            _log.warning("JumpStart's models are not published yet (%d): %s", attempt + 1, error)
            pause.wait(_PAUSE_SECONDS)
            if platform.closing:
                return
            continue
        _log.info(
            "JumpStart: %d models in s3://%s, %d objects written",
            len(done.models),
            done.bucket,
            len(done.written),
        )
        return
