"""The alerts of a station as an Atom feed, without personal data.

Source: RFC 4287 (the Atom Syndication Format), RFC 4151 (tag URIs).
"""

from __future__ import annotations

from datetime import date, datetime, time
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Item
from supplies.exports.report_words import alert_title
from supplies.papers.common import BilingualText
from supplies.stations.paper_settings import paper_settings
from supplies.views.alerts import Alert, report_alerts

ATOM_TYPE, XML_TYPE = "application/atom+xml", "text/xml"

_NAMESPACE = "http://www.w3.org/2005/Atom"
_TITLE = BilingualText(zh="提醒", en="Alerts")
_SINCE = BilingualText(zh="自 {since} 起", en="since {since}")
_DUE = BilingualText(zh="期限 {due}", en="due on {due}")


def alert_feed(books: Books, today: date, now: datetime) -> bytes:
    """Return today's alerts as an Atom feed, in the language of the station's papers.

    An alert keeps its id in later feeds, so that a feed reader shows it only once. People are named
    only by code.

    Args:
        today: The date at the station.
        now: The current time, which the feed states as the time of its last update.
    """
    station = books.station
    language = "en" if paper_settings(books).languages == "en" else "zh"
    name = (station.name_en if language == "en" else None) or station.name
    zone = ZoneInfo(station.zone)
    feed = ET.Element("feed", {"xmlns": _NAMESPACE, "xml:lang": language})
    _add(feed, "title", f"{_in(language, _TITLE)} · {name}")
    _add(feed, "id", f"tag:{_authority(station.host)},2020:{station.code}/alerts")
    _add(feed, "updated", now.astimezone(zone).isoformat(timespec="seconds"))
    ET.SubElement(ET.SubElement(feed, "author"), "name").text = name
    ET.SubElement(feed, "link", {"href": f"{station.host}/"})
    for alert in report_alerts(books, today).items:
        entry = ET.SubElement(feed, "entry")
        where = alert.location or alert.document or alert.borrower
        about = "/".join(filter(None, (alert.what, alert.code, alert.item, where or None)))
        _add(entry, "id", f"tag:{_authority(station.host)},2020:{station.code}/alerts/{about}")
        _add(entry, "title", f"{_in(language, alert_title(alert.what))} · {alert.code}")
        since = datetime.combine(alert.since, time(), zone)
        _add(entry, "updated", since.isoformat(timespec="seconds"))
        ET.SubElement(entry, "link", {"href": f"{station.host}/"})
        ET.SubElement(entry, "category", {"term": alert.what})
        _add(entry, "summary", _summary(books, alert, language))
    ET.indent(feed)
    content: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return content


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _summary(books: Books, alert: Alert, language: str) -> str:
    parts = []
    if alert.item is not None:
        item = books.catalogue.get(Item, alert.item)
        english = item.name_en if item is not None and language == "en" else None
        name = english or (alert.item if item is None else item.name)
        parts.append(name if alert.quantity is None else f"{name} × {alert.quantity}")
    if alert.location is not None:
        parts.append(alert.location)
    parts.append(_in(language, _SINCE).format(since=alert.since))
    if alert.due is not None:
        parts.append(_in(language, _DUE).format(due=alert.due))
    return " · ".join(parts)


def _in(language: str, text: BilingualText) -> str:
    return text.en if language == "en" else text.zh


def _authority(host: str) -> str:
    """Return the host name in a URL: example.org for https://example.org:8000."""
    return host.partition("//")[2].partition(":")[0].partition("/")[0]
