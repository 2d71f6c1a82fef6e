"""The Jinja templates of the pages, rendered by Litestar's `Template` response."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from supplies.domain.catalogue_records import Station


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """The templates of `pages/templates`. A template that uses an undefined name fails."""
    environment = Environment(
        loader=PackageLoader("supplies_service.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"station_day": _station_day, "station_time": _station_time}
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def _station_day(timestamp: str, station: Station) -> str:
    """Return the day of a stored timestamp, which is UTC, in the station's time zone."""
    return _in_zone(timestamp, station).date().isoformat()


def _station_time(timestamp: str, station: Station) -> str:
    """Return day, hour and minute of a stored timestamp in the station's time zone."""
    return _in_zone(timestamp, station).strftime("%Y-%m-%d %H:%M")


def _in_zone(timestamp: str, station: Station) -> datetime:
    return datetime.fromisoformat(timestamp).astimezone(ZoneInfo(station.zone))
