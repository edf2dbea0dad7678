"""Floods and slow bodies: how much, how often and how long anybody may ask."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import COOKIE, OPEN_PATHS, credential, own_path
from api.errors import TOO_LARGE, TOO_MANY, TOO_SLOW, UNAVAILABLE, ProblemError
from gridder.model import Text

UPLOAD_PATH = "/datasets"
LARGE_BELOW = "/processes/"
SMALL_MB = 0.064
"""Largest body of all that is neither an upload nor an execution: forms and short JSON."""
MEGABYTE = 1_000_000
_CALLERS = 10_000
_QUEUE_SECONDS = 10.0


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Rate:
    """Refuse callers that ask more often than allowed.

    There is a token bucket for each key and session that was found good, and one for each address, which
    counts all the others: who makes up a new key for each request gains nothing.
    """

    def __init__(self, app: ASGIApp, *, per_minute: int) -> None:
        self.app = app
        self.per_minute = per_minute
        self.buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self.good: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 429 with `Retry-After` to who asks too often."""
        if scope["type"] == "http":
            address, who = _who(Request(scope))
            wait = self._wait(who if who in self.good else address)
            if wait > 0.0:
                seconds = str(int(wait) + 1)
                raise ProblemError(
                    TOO_MANY,
                    Text(
                        f"more than {self.per_minute} requests in a minute",
                        f"每分钟超过 {self.per_minute} 次请求",
                    ),
                    Text(f"wait {seconds} s", f"请等待 {seconds} 秒"),
                    headers={"Retry-After": seconds},
                )
            try:
                await self.app(scope, receive, send)
            finally:
                self._learn(who, is_good=scope.get("state", {}).get("caller") is not None)
            return
        await self.app(scope, receive, send)

    def _learn(self, who: str, *, is_good: bool) -> None:
        self.good.pop(who, None)
        if is_good:
            self.good[who] = None
        if len(self.good) > _CALLERS:
            self.good.popitem(last=False)

    def _wait(self, who: str) -> float:
        """Take one token; return the seconds until there is one, 0 where one was taken."""
        now, rate = time.monotonic(), self.per_minute / 60.0
        bucket = self.buckets.pop(who, None) or _Bucket(float(self.per_minute), now)
        bucket.tokens = min(float(self.per_minute), bucket.tokens + (now - bucket.filled_at) * rate)
        bucket.filled_at = now
        self.buckets[who] = bucket
        if len(self.buckets) > _CALLERS:
            self.buckets.popitem(last=False)
        if bucket.tokens < 1.0:
            return (1.0 - bucket.tokens) / rate
        bucket.tokens -= 1.0
        return 0.0


class Concurrency:
    """Let so many requests work at the same time; more wait a little and are then refused.

    Executions, which wait for their job, have a quarter of the room, so that they keep nobody from reading.
    A request leaves when its answer begins: whoever takes it slowly keeps nobody out.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self.executions = asyncio.Semaphore(max(1, most // 4))
        self.others = asyncio.Semaphore(max(1, most - most // 4))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 503 where there is no room for the request."""
        if scope["type"] != "http" or own_path(scope) in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        room = self.executions if own_path(scope).startswith(LARGE_BELOW) else self.others
        try:
            await asyncio.wait_for(room.acquire(), _QUEUE_SECONDS)
        except TimeoutError:
            raise ProblemError(
                UNAVAILABLE,
                Text("too many requests are being answered", "正在处理的请求过多"),
                Text("try again later", "请稍后再试"),
                headers={"Retry-After": "5"},
            ) from None
        is_inside = True

        async def send_and_leave(message: Message) -> None:
            nonlocal is_inside
            if is_inside:
                is_inside = False
                room.release()
            await send(message)

        try:
            await self.app(scope, receive, send_and_leave)
        finally:
            if is_inside:
                room.release()


class Bodies:
    """Refuse bodies that are too large, by header or by count, or that take too long."""

    def __init__(self, app: ASGIApp, *, body_mb: float, upload_mb: float, seconds: float) -> None:
        self.app = app
        self.body_mb = body_mb
        self.upload_mb = upload_mb
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 or 408 as soon as a limit is passed."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        megabytes = self._megabytes(own_path(scope))
        most = int(megabytes * MEGABYTE)
        claimed = Request(scope).headers.get("content-length", "0")
        if not claimed.isdigit() or int(claimed) > most:
            raise _too_large(megabytes)
        end = time.monotonic() + self.seconds
        received = 0

        async def receive_within() -> Message:
            nonlocal received
            if received < 0:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, end - time.monotonic()))
            except TimeoutError:
                raise ProblemError(
                    TOO_SLOW,
                    Text(
                        f"the body did not arrive within {self.seconds:g} s",
                        f"请求体未在 {self.seconds:g} 秒内到达",
                    ),
                    headers={"Connection": "close"},
                ) from None
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > most:
                    raise _too_large(megabytes)
                if not message.get("more_body", False):
                    received = -1
            return message

        await self.app(scope, receive_within, send)

    def _megabytes(self, path: str) -> float:
        if path == UPLOAD_PATH:
            return self.upload_mb
        return self.body_mb if path.startswith(LARGE_BELOW) else min(self.body_mb, SMALL_MB)


def _too_large(megabytes: float) -> ProblemError:
    return ProblemError(
        TOO_LARGE,
        Text(f"more than {megabytes:g} MB", f"超过 {megabytes:g} MB"),
        Text("upload less, or ask for a higher limit", "请减小体积，或由管理员提高上限"),
        headers={"Connection": "close"},
    )


def _who(request: Request) -> tuple[str, str]:
    """Return a caller's address, and the address with the hash of the credential where there is one."""
    secret = credential(request) or request.cookies.get(COOKIE)
    address = request.client.host if request.client else ""
    return address, f"{address} {hash(secret)}" if secret else address
