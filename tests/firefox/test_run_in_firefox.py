"""A team's day in the Firefox of the machine: join, record without a network, be killed, send."""

from __future__ import annotations

import json
from pathlib import Path

from bidi import Firefox
from support.browser import start_site
from support.http_proxy import http_proxy
from support.team_run import KEPT, TeamRun


def test_a_run_without_a_network_survives_a_kill_and_is_sent_once(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    with start_site(tmp_path) as site, http_proxy(site.address) as network:
        run = TeamRun(site)
        run.open_counter(rice=10)
        with Firefox(profile) as firefox:
            firefox.open(network.address + run.link())
            firefox.fill("Name of this phone", "Kai's phone")
            firefox.click("Deliver with this phone")
            firefox.wait_for("0 of 3 stops done")
            firefox.wait_until(
                "navigator.serviceWorker.ready.then((found) => Boolean(found.active))"
            )

        network.mode = "down"
        with Firefox(profile) as firefox:
            firefox.open(network.address + "/run")
            firefox.click("Record the outcome")
            firefox.click("Partly")
            firefox.fill("rice", "4")
            firefox.click("Signature")
            firefox.click("Save")
            firefox.wait_for("Stop 1 is saved")
            firefox.click("Counter")
            firefox.evaluate(CHOOSE_GROUP)
            firefox.fill("rice", "6")
            firefox.click("Save")
            firefox.wait_for("rice 6 kg")
            firefox.click("Stops")
            firefox.click("Record the outcome")
            firefox.click("Refused")
            firefox.fill("Note", "half typed")
            firefox.wait_until(f"({KEPT})('drafts').then((all) => all[0]?.typed.note)")
            firefox.kill()

        with Firefox(profile) as firefox:
            firefox.open(f"{network.address}/run/{run.delivery}/{run.stops[1].allocation}")
            firefox.wait_for("Stop 2")
            assert firefox.evaluate("document.title") == "(2 unsent) Run"
            firefox.click("Begun, not saved: Refused")
            firefox.click("Save")
            firefox.wait_for("Stop 2 is saved")
            firefox.click("Unsent")
            firefox.click("Show as codes and text")
            firefox.wait_for("Code 1 of")
            network.mode = "lose answers"
            firefox.click("Send now")
            firefox.wait_for("No connection: kept on this phone")
            network.mode = "forward"
            firefox.click("Send now")
            firefox.wait_for("All is sent")

        assert [entry["kind"] for entry in run.recorded()] == ["outcome_reported"] * 2
        assert len(run.handed_out()) == 1
        assert any(json.loads(post.body).get("note") == "half typed" for post in network.outcomes())


CHOOSE_GROUP = """{
  const choice = document.querySelector("select");
  choice.value = [...choice.options].find((one) => one.text.startsWith("Newcomers")).value;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
}"""
