"""The path in front of every address, whether the proxy takes it off or passes it on."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class BasePath:
    """Give the routes their addresses below the base path."""

    def __init__(self, app: ASGIApp, *, base_path: str) -> None:
        self.app = app
        self.base_path = base_path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the base path in its path, once."""
        if scope["type"] == "http" and self.base_path:
            path = scope["path"]
            if path != self.base_path and not path.startswith(f"{self.base_path}/"):
                path = self.base_path + path
            scope = {**scope, "root_path": self.base_path, "path": path}
        await self.app(scope, receive, send)
