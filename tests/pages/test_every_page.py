"""Every page of the demo to which a link leads, as a coordinator sees it on a phone in Chinese."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser
from support.browser import OpenPage, Site, serious_faults
from support.service_process import free_port, running_service

from supplies.demo.longxue import book_scene
from supplies.signing.station_keys import create_first_key
from tools.screenshots import session_of_demo, walk_pages

FEWEST = 75
"""The smallest number of pages. If the walk finds fewer, a link is missing."""

IS_WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"

LINES_BEGINNING_WITH_PUNCTUATION = """() => {
  const found = []
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT)
  const box = ([node, at]) => {
    const range = document.createRange()
    range.setStart(node, at)
    range.setEnd(node, at + 1)
    return range.getClientRects()[0]
  }
  let before = null, block = null
  while (texts.nextNode()) {
    let own = texts.currentNode.parentElement
    while (getComputedStyle(own).display.startsWith("inline")) own = own.parentElement
    if (own !== block) [before, block] = [null, own]
    for (const { index, 0: character } of texts.currentNode.data.matchAll(/\\S/g)) {
      const here = [texts.currentNode, index]
      if (before && "·，。、；：！？）”".includes(character)) {
        const [above, mark] = [box(before), box(here)]
        if (above && mark && mark.top >= above.bottom - 1) found.push(own.textContent.trim())
      }
      before = here
    }
  }
  return found
}"""


def test_every_page_of_the_demo_is_accessible_and_fits_a_phone(
    chromium: Browser, tmp_path: Path
) -> None:
    database, port = tmp_path / "demo.db", free_port()
    book_scene(str(database), with_people=True).ledger.close()
    create_first_key(str(database))
    site = Site(f"http://127.0.0.1:{port}", database, {"coordinator": session_of_demo(database)})
    with (tmp_path / "log").open("w") as log, running_service(str(database), port, log=log):
        opened = OpenPage(chromium, site)
        page = opened("/", role="coordinator", language="zh", width=360)
        faults, names = [], []
        for name, path in walk_pages(page, site.address):
            names.append(name)
            if page.evaluate(IS_WIDER):
                faults.append((path, "wider than the screen"))
            orphans = page.evaluate(LINES_BEGINNING_WITH_PUNCTUATION)
            faults += [(path, f"a line begins with punctuation: {text}") for text in orphans]
            faults += [(path, fault) for fault in serious_faults(page)]
        opened.close()
    assert faults == []
    assert len(names) >= FEWEST, names
