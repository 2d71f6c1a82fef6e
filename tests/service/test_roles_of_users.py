"""Change the role of a user, and enable a disabled user, on the pages."""

from __future__ import annotations

from support.page_client import Browser, administer, key_of, sign_in_as, value_of
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.access import users


def code_of(browser: Browser, login: str) -> str:
    return str(administer(browser, lambda access: users.get_by_login(access, login)).code)


def test_a_role_is_changed_and_the_sessions_end(rest: RestClient, service: Service) -> None:
    browser = sign_in_as(rest.client, service, "coordinator")
    path = f"/admin/users/{code_of(browser, 'recorder')}"
    fields = {"/role": "auditor", "/team": ""}
    done = browser.send(f"{path}/role", key="role-key-0000000001", do="save", **fields)
    assert done.headers["location"] == path
    assert "<dt>Role</dt><dd>auditor</dd>" in browser.open(path)
    wrong = browser.send(
        f"{path}/role", key="role-key-0000000002", do="save", **{"/role": "courier"}
    )
    assert "a courier needs a team" in wrong.text
    recorder = sign_in_as(rest.client, service, "recorder")
    assert "/sign-in" in str(recorder.client.get("/needs", follow_redirects=False).headers)


def test_a_disabled_user_is_enabled_with_an_invitation(rest: RestClient, service: Service) -> None:
    browser = sign_in_as(rest.client, service, "coordinator")
    path = f"/admin/users/{code_of(browser, 'recorder')}"
    browser.send(f"{path}/disable", key="role-key-0000000003", do="save")
    assert "Enable this user" in browser.open(path)
    enabled = browser.send(f"{path}/enable", key="role-key-0000000004", do="save")
    assert "/invitation/" in enabled.text
    assert "Disable this user" in browser.open(path)


def test_the_form_of_a_user_registers_the_team_of_a_courier(
    rest: RestClient, service: Service
) -> None:
    browser = sign_in_as(rest.client, service, "coordinator")
    fields = {"/login": "chen", "/role": "courier", "/team": "第九队"}
    key = key_of(browser.open("/admin/users"))
    unknown = browser.send("/admin/users", key=key, do="save", **fields)
    assert "Register “第九队” as a new team" in unknown.text
    asked = browser.send("/admin/users", key=key, do="new:/team", **fields)
    assert value_of(asked.text, "/new_team/name") == "第九队"
    fields |= {"/team": "", "/new_team/name": "第九队"}
    added = browser.send("/admin/users", key=key, do="save", **fields)
    assert "/invitation/" in added.text
    assert "第九队" in browser.open("/admin/users")
    assert "第九队" in browser.open("/teams")
