"""Errors as problem+json (RFC 9457), without details that callers must not see."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import Headers
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from supplies.domain.validation import field_error
from supplies.errors import (
    AgainstBooks,
    Busy,
    DiskFull,
    Gone,
    InvalidField,
    NotFound,
    ReadOnly,
    StoreError,
    SuppliesError,
    Uncertain,
)
from supplies_service.observability.logs import FIELDS, LOGGER
from supplies_service.observability.request_log import request_id

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER = "5"
"""Seconds after which a client should try again if the database is busy."""

_log = logging.getLogger(LOGGER)


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An invalid field.

    Attributes:
        pointer: JSON pointer (RFC 6901) into the request's body, or the name of a parameter.
    """

    pointer: str
    detail: str
    asked: int | None = None
    available: int | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error response (RFC 9457).

    Attributes:
        type: A stable relative URI.
        instance: The request's id in the log.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem]


class Malformed(SuppliesError):
    """The request cannot be read, for example because its body is not JSON."""

    slug = "malformed"
    title = "The request cannot be read"


class WrongMethod(SuppliesError):
    """The address does not accept this method."""

    slug = "method"
    title = "Method not allowed"


class TooLarge(SuppliesError):
    """The body is larger than the limit."""

    slug = "too-large"
    title = "The request is too large"


class TooSlow(SuppliesError):
    """The body did not arrive in time."""

    slug = "too-slow"
    title = "The request arrived too slowly"


class WrongMediaType(SuppliesError):
    """The body is not JSON, or the request does not declare it as JSON."""

    slug = "media-type"
    title = "Unsupported media type"


class Unauthenticated(SuppliesError):
    """The request has no credential, or an invalid one."""

    slug = "unauthenticated"
    title = "Not authenticated"


class Forbidden(SuppliesError):
    """The caller may not do this."""

    slug = "forbidden"
    title = "Not allowed"


class RateLimited(SuppliesError):
    """Too many attempts.

    Attributes:
        retry_after: Seconds until the next attempt is accepted.
    """

    slug = "rate-limited"
    title = "Too many attempts"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class SessionRequired(SuppliesError):
    """A page needs a session. The browser is redirected to the sign-in page."""


class Internal(SuppliesError):
    """An error of the service. The log has the details under the response's `instance`."""


_STATUS: Mapping[type[SuppliesError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    WrongMethod: 405,
    TooSlow: 408,
    AgainstBooks: 409,
    TooLarge: 413,
    WrongMediaType: 415,
    InvalidField: 422,
    RateLimited: 429,
    Internal: 500,
    Busy: 503,
    DiskFull: 503,
    Gone: 503,
    ReadOnly: 503,
    Uncertain: 503,
}
"""The status for each error class and its subclasses. Other errors get status 500."""

_BUSY = "the books cannot be written now; nothing was recorded, try again"

_UNCERTAIN = (
    "the database did not confirm the commit, so it is unknown whether this was recorded; repeat "
    "the request with the same Idempotency-Key, or check the books first if you sent none"
)


def status_of(error: SuppliesError) -> int | None:
    """Return the status for an error. Return None if callers must not see the error."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)


def handle_refusal(request: Request[Any, Any, Any], error: SuppliesError) -> Response[bytes]:
    """Return the response for an error of the ledger or service.

    Details of storage errors are only logged.
    """
    status = status_of(error)
    if status is None:
        return handle_failure(request, error)
    detail = error.detail
    if isinstance(error, StoreError):
        _log_error("unavailable", request, error)
        detail = _UNCERTAIN if isinstance(error, Uncertain) else _BUSY
    headers = _headers(error, status)
    return _problem_response(request, error, status, detail, headers)


def _headers(error: SuppliesError, status: int) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after)}
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status in (408, 413):
        # Close the connection instead of waiting for the rest of the body.
        return {"Connection": "close"}
    return {"Retry-After": RETRY_AFTER} if status == 503 else {}


def redirect_to_sign_in(request: Request[Any, Any, Any], error: SessionRequired) -> Response[bytes]:
    """Redirect to the sign-in page, or a donor to the page for invalid links."""
    where = "/my/lost" if request.url.path.startswith("/my") else "/sign-in"
    return Response(b"", status_code=303, headers={"Location": where})


def handle_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Return a problem response for an error that Litestar raised itself.

    Examples are an unknown route, a wrong method, a body that is too large or an invalid parameter.
    """
    if error.status_code >= 500:
        return handle_failure(request, error)
    headers = dict(error.headers or {})
    refusal = _from_http_exception(request, error)
    status = status_of(refusal) or 400
    # Litestar's headers contain nothing private, and a 405 must name the allowed methods
    # (RFC 9110).
    return _problem_response(request, refusal, status, refusal.detail, headers)


def handle_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Return a problem response without details for any other error, and log it in full."""
    _log_error("failed", request, error)
    sentence = "the service failed to answer this request; its log contains the cause"
    return _problem_response(request, Internal(sentence), 500, sentence, {})


def _log_error(event: str, request: Request[Any, Any, Any], error: Exception) -> None:
    """Log the details that the operator needs and the caller must not see."""
    _log.error(event, extra={FIELDS: {"request": request_id(request.scope)}}, exc_info=error)


def _from_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> SuppliesError:
    path = request.url.path[:200]
    if error.status_code == 404:
        return NotFound(f"there is nothing at {path}; see /schema/openapi.json for all addresses")
    if error.status_code == 405:
        allowed = ", ".join(_allowed(error))
        return WrongMethod(f"{request.method} is not possible at {path}; use {allowed}")
    if error.status_code == 413:
        return TooLarge("the body is larger than 1 MiB; send it in several requests")
    if isinstance(error, ValidationException):
        return _invalid_parameters(error)
    return Malformed("the request cannot be read; see /schema/openapi.json for the right form")


def _allowed(error: HTTPException) -> list[str]:
    """Return the methods that an address accepts, from a 405 error. Return [] for other errors."""
    allowed = Headers(error.headers or {}).get("allow", "")
    return [method.strip() for method in allowed.split(",") if method.strip()]


def _invalid_parameters(error: ValidationException) -> InvalidField:
    """Translate Litestar's error about query parameters. Each pointer is a parameter's name."""
    missing = re.match(r"Missing required \w+ parameter '([\w-]+)'", error.detail)
    if missing:
        name = missing[1]
        return InvalidField.at(f"/{name}", f"the query lacks {name}; add it to the address")
    wrong = error.extra if isinstance(error.extra, list) else []
    faults = [
        fault
        for extra in wrong
        for fault in field_error(
            f"{extra.get('message', '')} - at `$.{extra.get('key', '')}`"
        ).faults
    ]
    return InvalidField("; ".join(fault.detail for fault in faults) or error.detail, faults)


def _problem_response(
    request: Request[Any, Any, Any],
    error: SuppliesError,
    status: int,
    detail: str,
    headers: Mapping[str, str],
) -> Response[bytes]:
    if _prefers_html(request):
        content = _render_page(request, error, status, detail)
        return Response(content, status_code=status, media_type="text/html", headers=dict(headers))
    problem = Problem(
        type=f"/problems/{error.slug}",
        title=error.title,
        status=status,
        detail=detail,
        instance=f"urn:uuid:{request_id(request.scope)}",
        errors=[
            FieldProblem(
                pointer=fault.pointer,
                detail=fault.detail,
                asked=fault.asked,
                available=fault.available,
            )
            for fault in error.faults
        ],
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers),
    )


def _prefers_html(request: Request[Any, Any, Any]) -> bool:
    """Return whether the caller is a browser that shows a page.

    That is so if `Accept` names HTML first.
    """
    try:
        best = request.accept.best_match([MEDIA_TYPE, "application/json", "text/html"])
    except (ValueError, OverflowError):  # The weight is invalid, such as `q=1e999`.
        return False
    return best == "text/html"


_CHINESE = {
    400: ("请求无法读取", "请返回上一页，重新提交。"),
    401: ("需要登录", "请先登录。"),
    403: ("没有权限", "您不能执行此操作。"),
    404: ("找不到此页", "请检查网址，或返回首页。"),
    405: ("不支持此操作", "请返回首页，从那里重新操作。"),
    408: ("请求超时", "请重新提交。"),
    413: ("内容过大", "请分几次提交。"),
    415: ("格式不支持", "请从本站的页面提交。"),
    422: ("内容有误", "请改正后重新提交。"),
    429: ("尝试次数过多", "请稍后再试。"),
    503: ("暂时无法使用", "请稍后再试。"),
}
"""Chinese title and advice for each status that a page may show."""


def _render_page(
    request: Request[Any, Any, Any], error: SuppliesError, status: int, detail: str
) -> bytes:
    """Render an error as a small page in Chinese and English."""
    title_zh, help_zh = _CHINESE.get(status, ("服务出错", "请稍后再试；如仍有问题，请告知站点。"))
    engine = request.app.template_engine
    assert engine is not None, "the application has templates"
    template = engine.get_template("error.html")
    page: str = template.render(
        title=error.title, detail=detail, status=status, title_zh=title_zh, help_zh=help_zh
    )
    return page.encode()


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    SessionRequired: redirect_to_sign_in,
    SuppliesError: handle_refusal,
    HTTPException: handle_http_exception,
    Exception: handle_failure,
}
"""The handler for each kind of error. Litestar uses the one of the nearest base class."""
