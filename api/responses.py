"""JSON as it is sent: UTF-8, no NaN, times in RFC 3339."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from starlette.responses import FileResponse, Response


class StoredFile(FileResponse):
    """A file in pieces that are large enough for a map to be read in a few turns of a thread."""

    chunk_size = 1 << 18


def json_bytes(content: Any) -> bytes:
    """Return JSON in UTF-8; numbers that are none become null."""
    try:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:
        return json.dumps(
            _finite(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()


def json_response(
    content: Any,
    *,
    status: int = 200,
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a JSON response that no cache keeps beyond a check for something newer."""
    return Response(
        json_bytes(content),
        status_code=status,
        media_type=media_type,
        headers={"Cache-Control": "no-cache", **(headers or {})},
    )


def timestamp(moment: float | None) -> str | None:
    """Return seconds since 1970 as RFC 3339 in UTC."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
