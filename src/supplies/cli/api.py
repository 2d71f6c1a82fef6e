"""`supplies api`: send a request of the REST API without a running service."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import click

from supplies.cli.arguments import all_books_options, output_options
from supplies.cli.click_extensions import Command
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from supplies_service.local_requests import LocalResponse

METHODS = ("GET", "POST", "PATCH", "DELETE")


@click.command("api", cls=Command)
@click.argument("method", type=click.Choice(METHODS, case_sensitive=False))
@click.argument("path", metavar="PATH")
@all_books_options
@click.option(
    "--body", metavar="FILE|-", type=click.File("rb"), help="JSON to send; - is standard input."
)
@click.option("--key", metavar="KEY", help="Idempotency key of a POST.")
@click.option(
    "--token",
    metavar="TOKEN",
    envvar="SUPPLIES_TOKEN",
    show_envvar=True,
    help="Token of the user who sends the request. `supplies user token LOGIN` prints one. Prefer "
    "the variable, because other users of the computer can see options.",
)
@output_options("Write the response to this file, such as a PDF or a photo.")
def api(
    method: str,
    path: str,
    database: str,
    station: str | None,
    body: IO[bytes] | None,
    key: str | None,
    token: str | None,
    output: str | None,
    force: bool,
) -> None:
    """Send a request of the REST API, without a running service.

    So scripts can do all that the REST API does. Rights, warnings and the access log are the same.
    METHOD is GET, POST, PATCH or DELETE. PATH is an address such as /api/allocations/proposal or
    /api/needs?status=open. Print the body of the response.

    The exit status is 1 if the request is refused. The error is then also printed on standard
    error.
    """
    from click.exceptions import Exit

    from supplies.cli.paper_files import OutputFile

    if not path.startswith("/api/") or not path.isascii() or not path.isprintable():
        raise InvalidField(f"{path[:64]!r} is not an address of the API, such as /api/needs")
    file = None if output is None else OutputFile(output, database, force=force)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token.strip()}"
    if key is not None:
        headers["Idempotency-Key"] = key
    response = _send(database, station, method.upper(), path, headers, body)
    if response.status >= 400:
        click.echo(response.body)
        click.echo(f"supplies: {_reason(response)}", err=True)
        raise Exit(1)
    if file is not None:
        file.write(response.body)
        print(f"The response is in {file}.")
    else:
        is_json = "json" in response.headers.get("content-type", "")
        click.echo(response.body, nl=is_json)


def _send(
    database: str,
    station: str | None,
    method: str,
    path: str,
    headers: dict[str, str],
    body: IO[bytes] | None,
) -> LocalResponse:
    import asyncio

    from supplies_service.app import create_app
    from supplies_service.local_requests import send_request

    content = b"" if body is None else body.read()
    app = create_app(database, station)
    return asyncio.run(send_request(app, method, path, headers, content))


def _reason(response: LocalResponse) -> str:
    """Return the error message that a response contains."""
    import msgspec

    problem = msgspec.json.decode(response.body)
    sentence = str(problem.get("detail") or problem.get("title"))
    if response.status == 401:
        sentence += "; set SUPPLIES_TOKEN to the token"
    return sentence
