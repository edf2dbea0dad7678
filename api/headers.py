"""Which names are answered, and what browsers may do with the answers."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import FOREIGN_HOST, ProblemError
from gridder.model import Text

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Content-Security-Policy": PAGE_POLICY,
}
_INLINE = re.compile(rb"<(script|style)\b[^>]*>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)


class Hosts:
    """Refuse requests for names that are not ours, as DNS rebinding makes them."""

    def __init__(self, app: ASGIApp, *, names: Sequence[str]) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in (*LOOPBACK, *names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to foreign names."""
        if scope["type"] == "http" and host_name(Headers(scope=scope).get("host", "")) not in self.names:
            raise ProblemError(
                FOREIGN_HOST,
                remedy=Text(
                    "name the host in GRIDDER_ALLOWED_HOSTS", "请将该主机名加入 GRIDDER_ALLOWED_HOSTS"
                ),
            )
        await self.app(scope, receive, send)


class SecurityHeaders:
    """Give every answer the headers that keep browsers from doing more than they should."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers that the answer does not set itself."""

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _FIXED.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with if scope["type"] == "http" else send)


def host_name(netloc: str) -> str:
    """Return the name in `name:port`, lower case, without the brackets of IPv6."""
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0].lower()
    return netloc.partition(":")[0].lower()


def inline_policy(path: Path) -> str:
    """Return the policy of a page that carries its own scripts and styles: these by hash, nothing else.

    The page is sandboxed: its scripts run in an origin of their own, without our cookie and without requests.
    """
    return _inline_policy(path, path.stat().st_mtime_ns)


def page_policy(content: str) -> str:
    """Return the policy of a page of ours whose own styles, if it has any, are known by hash."""
    styles = _hashes(content.encode())["style"]
    return PAGE_POLICY.replace("style-src 'self'", " ".join(["style-src 'self'", *styles]))


@lru_cache(maxsize=64)
def _inline_policy(path: Path, changed_ns: int) -> str:  # noqa: ARG001 - part of the cache's key
    found = _hashes(path.read_bytes())
    scripts, styles = (" ".join(found[tag]) or "'none'" for tag in ("script", "style"))
    return (
        f"sandbox allow-scripts allow-popups allow-downloads allow-modals; default-src 'none'; script-src {scripts}; "
        f"style-src {styles}; style-src-attr 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )


def _hashes(content: bytes) -> dict[str, list[str]]:
    """Return the hashes of the inline scripts and styles of a page, as a policy names them."""
    found: dict[str, list[str]] = {"script": [], "style": []}
    for tag, inner in _INLINE.findall(content):
        digest = base64.b64encode(hashlib.sha256(inner).digest()).decode()
        found[tag.decode().lower()].append(f"'sha256-{digest}'")
    return {tag: list(dict.fromkeys(hashes)) for tag, hashes in found.items()}
