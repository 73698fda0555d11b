"""The least that serves an XGBoost model over HTTP: uvicorn, and nothing between it and the model.

Run: MODEL=/path/to/model.ubj uvicorn bench.sagemaker_bare:serve
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import xgboost

booster = xgboost.Booster({"nthread": 1}, model_file=os.environ["MODEL"])


async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer a CSV row with its prediction; an ASGI application."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    row = np.array([body.decode().split(",")], dtype=np.float32)
    answer = str(booster.inplace_predict(row)[0]).encode()
    headers = [(b"content-type", b"text/csv"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
