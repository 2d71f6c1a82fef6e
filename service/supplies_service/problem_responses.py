"""Responses to errors: problem+json (RFC 9457) for programs, or a page for a browser.

Details that callers must not see are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.datastructures import Headers
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from litestar.typing import FieldDefinition

from supplies.domain.barcodes import ScannedCode
from supplies.domain.validation import choices_of, field_error
from supplies.errors import (
    Fault,
    InvalidField,
    NotFound,
    Sentence,
    StoreError,
    SuppliesError,
    UnknownBarcode,
)
from supplies.ledger.not_enough import join_sentences
from supplies_service.http_semantics import allowed_methods, prefers_html
from supplies_service.observability.request_log import log_error, request_id
from supplies_service.pages.error_page import render_error
from supplies_service.pages.forms import local_path, redirect
from supplies_service.pages.languages import (
    HTML_LANGUAGES,
    Language,
    language_of,
    translate_sentence,
)
from supplies_service.pages.session_start import sign_in_again
from supplies_service.problems import (
    MEDIA_TYPE,
    FieldProblem,
    Internal,
    Malformed,
    Problem,
    RateLimited,
    SessionRequired,
    TooLarge,
    WrongMethod,
    shown_detail,
    status_of,
)
from supplies_service.request_bodies import pointer_as_typed
from supplies_service.routes.parameters import query_parameters
from supplies_service.security.authentication import caller_of

RETRY_AFTER = "5"
"""Number of seconds after which a client should try again if the database is busy."""


def handle_refusal(request: Request[Any, Any, Any], error: SuppliesError) -> Response[bytes]:
    """Return the response to an error that the ledger or the service raised.

    Details of storage errors are only logged.
    """
    status = status_of(error)
    if status is None:
        return handle_failure(request, error)
    if isinstance(error, StoreError):
        log_error("unavailable", request.scope, error)
    headers = _headers(error, status)
    return _problem_response(request, error, status, shown_detail(error), headers)


def _headers(error: SuppliesError, status: int) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after)}
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status in (408, 413):
        # The connection is closed, so that the server does not wait for the rest of the body.
        return {"Connection": "close"}
    return {"Retry-After": RETRY_AFTER} if status == 503 else {}


def show_sign_in(request: Request[Any, Any, Any], error: SessionRequired) -> Response[bytes]:
    """Return the sign-in form, or a redirect to it, for a request without a session.

    If the request sent a form, the sign-in form contains the fields of that form. After signing in,
    the user sees the sent form again, filled in. A donor is redirected to the page about invalid
    links instead.
    """
    if request.url.path.startswith("/my"):
        return redirect("/my/lost")
    if error.typed:
        return sign_in_again(request, error.typed)
    here = local_path(request)
    return redirect("/sign-in" if here == "/" else f"/sign-in?{urlencode({'next': here})}")


def handle_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Return the response to an error that Litestar raised itself.

    Examples are an unknown route, a wrong method, a body that is too large or an invalid parameter.
    """
    if error.status_code >= 500:
        return handle_failure(request, error)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers = {"Allow": allowed_methods(_allowed(error))}
    refusal = _from_http_exception(request, error)
    status = status_of(refusal) or 400
    # Litestar's headers contain nothing private, and a 405 must name the allowed methods
    # (RFC 9110).
    return _problem_response(request, refusal, status, refusal.detail, headers)


def handle_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Log an unexpected error in full, and return an error response without details."""
    log_error("failed", request.scope, error)
    sentence = Sentence("the service failed to answer this request; its log contains the cause")
    return _problem_response(request, Internal(sentence), 500, sentence, {})


def _from_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> SuppliesError:
    path = request.url.path[:200]
    if error.status_code == 404:
        return NotFound(f"there is nothing at {path}; see /schema/openapi.json for all addresses")
    if error.status_code == 405:
        allowed = ", ".join(sorted(_allowed(error)))
        return WrongMethod(
            Sentence(
                "{method} is not possible at {address}; use {known}",
                method=request.method,
                address=path,
                known=allowed,
            )
        )
    if error.status_code == 413:
        return TooLarge(Sentence("the body is larger than 1 MiB; send it in several requests"))
    if isinstance(error, ValidationException):
        return _invalid_parameters(request, error)
    return Malformed("the request cannot be read; see /schema/openapi.json for the right form")


def _allowed(error: HTTPException) -> list[str]:
    """Return the methods that a URL accepts, from the `Allow` header of Litestar's error.

    If the error has no such header, return [].
    """
    allowed = Headers(error.headers or {}).get("allow", "")
    return [method.strip() for method in allowed.split(",") if method.strip()]


def _invalid_parameters(
    request: Request[Any, Any, Any], error: ValidationException
) -> InvalidField:
    """Convert Litestar's error about parameters in the path or query to one fault per parameter."""
    missing = re.match(r"Missing required \w+ parameter '([\w-]+)'", error.detail)
    if missing:
        name = missing[1]
        return InvalidField.at(
            f"/{name}", Sentence("the query lacks {name}; add it to the address", name=name)
        )
    messages = {
        extra.get("key"): str(extra.get("message", ""))
        for extra in (error.extra if isinstance(error.extra, list) else ())
    }
    handler = request.route_handler
    in_path = {
        name: declared
        for name, declared in handler.parsed_fn_signature.parameters.items()
        if name in request.path_params
    }
    given = {**request.query_params, **request.path_params}
    faults = [
        _parameter_fault(name, declared, str(given.get(name, "")), messages[own_name])
        for name, declared in {**in_path, **query_parameters(handler)}.items()
        if (own_name := declared.name) in messages
    ]
    return InvalidField("; ".join(fault.detail for fault in faults) or error.detail, faults)


def _parameter_fault(name: str, declared: FieldDefinition, value: str, message: str) -> Fault:
    """Convert Litestar's error about the value of one parameter to a `Fault`."""
    (fault,) = field_error(
        message, choices_of(declared.annotation, message), within=f"/{name}"
    ).faults
    if fault.rule is None or not fault.rule.startswith("must"):
        return fault
    return replace(fault, detail=f"/{name} {fault.rule}, not {value[:64]!r}")


def _problem_response(
    request: Request[Any, Any, Any],
    error: SuppliesError,
    status: int,
    detail: str,
    headers: Mapping[str, str],
) -> Response[bytes]:
    if prefers_html(request):
        rules = [fault.rule for fault in error.faults if fault.rule is not None]
        if rules and language_of(request) != "en" and not isinstance(detail, Sentence):
            # The message names fields as programs do. Its rules can be translated.
            detail = join_sentences(rules)
        page = render_error(request, error, status, detail)
        page.headers.update(headers)
        return page
    language = _language_of_details(request)
    if language != "en":
        detail = _translatable(error, detail)
    # msgspec encodes no subclass of str, such as `Sentence`; `str` makes a plain one.
    problem = Problem(
        type=f"/problems/{error.slug}",
        title=error.title,
        status=status,
        detail=str(translate_sentence(detail, language)),
        instance=f"urn:uuid:{request_id(request.scope)}",
        errors=[
            FieldProblem(
                pointer=pointer_as_typed(request, fault.pointer),
                detail=str(translate_sentence(_detail_of(fault, language), language)),
                asked=fault.asked,
                available=fault.available,
            )
            for fault in error.faults
        ],
        scanned=_scanned(error),
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={**headers, "Content-Language": HTML_LANGUAGES[language]},
    )


def _language_of_details(request: Request[Any, Any, Any]) -> Language:
    """Return the language of the messages in the response to an error.

    A phone shows the messages to its user. So it gets them in the language of the request. Programs
    get them in English.
    """
    caller = caller_of(request.scope)
    return language_of(request) if caller is not None and caller.kind == "phone" else "en"


def _translatable(error: SuppliesError, detail: str) -> Sentence:
    """Return the message of an error as a sentence that has a translation.

    If the message itself has no translation, return the title of its error class, followed by the
    rule that each invalid field breaks.
    """
    if isinstance(detail, Sentence):
        return detail
    rules = [
        Sentence("{field}: {rule}", field=fault.pointer, rule=fault.rule)
        for fault in error.faults
        if fault.rule is not None
    ]
    title = Sentence(error.title)
    return join_sentences([title, *rules])  # type: ignore[return-value]  # of sentences it is one


def _detail_of(fault: Fault, language: Language) -> str:
    """Return the message about a field or, if it has no translation, the rule for the field."""
    return fault.detail if language == "en" or fault.rule is None else fault.rule


def _scanned(error: SuppliesError) -> ScannedCode | msgspec.UnsetType:
    if not isinstance(error, UnknownBarcode):
        return msgspec.UNSET
    return ScannedCode(
        barcode=error.barcode,
        batch=error.batch,
        expires_on=error.expires_on,
        expires_month=error.expires_month or msgspec.UNSET,
    )


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    SessionRequired: show_sign_in,
    SuppliesError: handle_refusal,
    HTTPException: handle_http_exception,
    Exception: handle_failure,
}
"""The handler for each error class. Litestar uses the handler of the nearest base class."""
