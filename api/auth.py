"""Who is calling: a key as header, Bearer or Basic password, or the cookie of a signed-in browser."""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import CROSS_SITE, NOT_ALLOWED, NOT_SIGNED_IN, ProblemError
from gridder.model import Text
from gridder.storage.keys import ROLES, Key, Role, find_key, find_session

COOKIE = "gridder_session"
PROBES = frozenset({"/healthz", "/readyz"})
"""Answered without asking who calls, also while the store is away."""
OPEN_PATHS = PROBES | {"/sign-in"}
"""What is answered without a key."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """Who is calling and what they may do."""

    key: Key
    suppress_below: int

    def may(self, role: Role) -> bool:
        """Return whether the caller's role includes another."""
        return ROLES.index(self.key.role) >= ROLES.index(role)

    def require(self, role: Role) -> None:
        """Refuse the request where the caller's role does not include another."""
        if not self.may(role):
            raise ProblemError(
                NOT_ALLOWED,
                Text(
                    f"this needs the role {role}; the key has {self.key.role}",
                    f"需要 {role} 角色，该密钥为 {self.key.role}",
                ),
            )

    @property
    def workspace(self) -> str | None:
        """Return the workspace whose things the caller sees; None for all of them."""
        return None if self.key.role == "admin" else self.key.workspace

    @property
    def k(self) -> int:
        """Return the smallest count of people that the caller may see."""
        return 1 if self.may("planner") else self.suppress_below


class Authenticate:
    """Find the caller of every request and refuse those without a key."""

    def __init__(self, app: ASGIApp, *, engine: Engine, suppress_below: int) -> None:
        self.app = app
        self.engine = engine
        self.suppress_below = suppress_below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 without a valid key; otherwise pass on with `state.caller`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        key = None if own_path(scope) in PROBES else await run_in_threadpool(self._find, request)
        scope.setdefault("state", {})["caller"] = Caller(key, self.suppress_below) if key else None
        if key is None and own_path(scope) not in OPEN_PATHS:
            raise ProblemError(NOT_SIGNED_IN, _HOW.what, _HOW.remedy, headers=_challenge(request))
        await self.app(scope, receive, send)

    def _find(self, request: Request) -> Key | None:
        now = time.time()
        secret = credential(request)
        if secret is not None:
            return find_key(self.engine, secret, now=now)
        token = request.cookies.get(COOKIE)
        if token is None:
            return None
        key = find_session(self.engine, token, now=now)
        if key is not None:
            refuse_cross_site(request)
        return key


def own_path(scope: Scope) -> str:
    """Return the path of a request below the base path."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(root + "/") else path


def credential(request: Request) -> str | None:
    """Return the key that a request carries in a header; None where there is none."""
    header = request.headers.get("x-api-key")
    if header:
        return header
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return None


def refuse_cross_site(request: Request) -> None:
    """Refuse a request that another site sends with the cookie of ours.

    Browsers say in `Sec-Fetch-Site` where a request comes from; older ones send `Origin` with what changes
    anything, and what changes something and says neither is refused.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        own = site in ("same-origin", "none")
    elif origin is not None:
        own = urlsplit(origin).netloc == request.headers.get("host")
    else:
        own = request.method in SAFE_METHODS
    if not own:
        raise ProblemError(
            CROSS_SITE,
            Text(
                "the sign-in of the browser does not count for other sites",
                "浏览器的登录状态不适用于来自其他网站的请求",
            ),
            Text("use an API key in a header", "请在请求头中使用 API 密钥"),
        )


@dataclass(frozen=True)
class _Advice:
    what: Text
    remedy: Text


_HOW = _Advice(
    Text(
        "there is no key in the request, or it is unknown, expired or revoked",
        "请求中没有密钥，或密钥未知、已过期或已吊销",
    ),
    Text(
        "send the key as X-API-Key, as Bearer token or as Basic password; in a browser, sign in",
        "请以 X-API-Key、Bearer 令牌或 Basic 密码发送密钥；浏览器请先登录",
    ),
)


def _challenge(request: Request) -> dict[str, str]:
    """Return the challenge of a 401; a browser gets none that would open its own window."""
    from_browser = "sec-fetch-mode" in request.headers
    return {"WWW-Authenticate": 'Bearer realm="Gridder"' if from_browser else 'Basic realm="Gridder"'}
