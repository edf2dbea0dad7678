"""Every answer that is no success, as `application/problem+json` (RFC 9457); status codes live here alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from api.responses import json_bytes
from gridder.model import NO_TEXT, Lang, Text

MEDIA_TYPE = "application/problem+json"
URN = "urn:gridder:problem:"
OGC = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its stable type, status and title (docs/errors.md)."""

    type: str
    status: int
    title: Text


def _kind(slug: str, status: int, en: str, zh: str, *, base: str = URN) -> Kind:
    return Kind(base + slug, status, Text(en, zh))


BAD_REQUEST = _kind("bad-request", 400, "The request cannot be understood", "无法理解该请求")
BAD_INPUT = _kind("bad-input", 400, "The input is wrong", "输入有误")
NOT_SIGNED_IN = _kind("not-signed-in", 401, "A valid key is needed", "需要有效的密钥")
CROSS_SITE = _kind("cross-site", 403, "The request came from another site", "请求来自其他网站")
NOT_ALLOWED = _kind("not-allowed", 403, "This key may not do that", "该密钥无此权限")
NOT_FOUND = _kind("not-found", 404, "There is nothing here", "此处没有内容")
NO_PROCESS = _kind("no-such-process", 404, "There is no such process", "没有该处理过程", base=OGC)
NO_JOB = _kind("no-such-job", 404, "There is no such job", "没有该任务", base=OGC)
NOT_READY = _kind("result-not-ready", 404, "The result is not ready yet", "结果尚未就绪", base=OGC)
METHOD = _kind("method-not-allowed", 405, "This address does not take that method", "该地址不支持此方法")
TOO_SLOW = _kind("too-slow", 408, "The body came too slowly", "请求体传输过慢")
CONFLICT = _kind(
    "idempotency-conflict", 409, "The key was used for another request", "该幂等键已用于其他请求"
)
DISMISSED = _kind("job-dismissed", 410, "The job was dismissed", "任务已被取消")
TOO_LARGE = _kind("too-large", 413, "The body is too large", "请求体过大")
MEDIA = _kind("unsupported-media-type", 415, "That kind of body is not taken", "不接受该类型的请求体")
FOREIGN_HOST = _kind("foreign-host", 421, "This name is not served here", "此处不提供该主机名的服务")
TOO_MANY = _kind("too-many-requests", 429, "Too many requests", "请求过多")
INTERNAL = _kind("internal", 500, "Something went wrong on our side", "服务内部出错")
UNAVAILABLE = _kind("unavailable", 503, "The service cannot answer right now", "服务暂时不可用")
QUEUE_FULL = _kind("queue-full", 503, "Too many jobs are waiting", "等待中的任务过多")
SYNC_TIMEOUT = _kind(
    "sync-timeout", 504, "The job takes longer than a request may", "任务耗时超过单次请求上限"
)
JOB_FAILED = _kind("job-failed", 500, "The job failed", "任务失败")
CORRUPT_PLAN = _kind("corrupt-plan", 500, "The files of this plan are damaged", "该方案的文件已损坏")
DISK_FULL = _kind("disk-full", 507, "There is no room to store this", "存储空间不足")

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, Kind))
"""All kinds, for the documentation and its test."""


@dataclass
class ProblemError(Exception):
    """A request that ends in a problem.

    Parameters
    ----------
    kind
        What kind of problem.
    detail, remedy
        What is wrong in this case, and what to do; without values of persons and without paths.
    faults
        Findings about the input.
    extra
        Further members of the answer.
    headers
        Further headers of the answer.
    """

    kind: Kind
    detail: Text = NO_TEXT
    remedy: Text = NO_TEXT
    faults: Sequence[Mapping[str, Any]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, lang: Lang) -> dict[str, Any]:
        """Return the answer in one language."""
        out: dict[str, Any] = {
            "type": self.kind.type,
            "title": self.kind.title.say(lang),
            "status": self.kind.status,
        }
        if detail := self.detail.say(lang):
            out["detail"] = detail
        if remedy := self.remedy.say(lang):
            out["remedy"] = remedy
        if self.faults:
            out["faults"] = [dict(fault) for fault in self.faults]
            out.setdefault("detail", "\n".join(_line(fault, lang) for fault in self.faults[:20]))
        return out | dict(self.extra)


def bad_request(en: str, zh: str, *, remedy: Text = NO_TEXT) -> ProblemError:
    """Return the problem of a request whose parameters or body are wrong."""
    return ProblemError(BAD_REQUEST, Text(en, zh), remedy)


def _line(fault: Mapping[str, Any], lang: Lang) -> str:
    suffix = "_zh" if lang == "zh" else ""
    what, remedy = fault.get("what" + suffix, ""), fault.get("remedy" + suffix, "")
    where = fault.get("file", "")
    if fault.get("layername"):
        where += f"|{fault['layername']}"
    line = f"{where}: {what}" if where else what
    return f"{line} → {remedy}" if remedy else line


def problem_response(problem: ProblemError, lang: Lang) -> Response:
    """Return a problem as a response."""
    return Response(
        json_bytes(problem.body(lang)),
        status_code=problem.kind.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": lang, "Cache-Control": "no-store", **problem.headers},
    )
