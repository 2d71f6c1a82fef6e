"""The Jinja templates of the pages, rendered by Litestar's `Template` response."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from supplies.domain.catalogue_records import Station


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """Return the configuration of `pages/templates`. An undefined name is an error."""
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
    """Return the day, in the station's time zone, of a stored UTC timestamp."""
    return _in_zone(timestamp, station).date().isoformat()


def _station_time(timestamp: str, station: Station) -> str:
    """Return day, hour and minute, in the station's time zone, of a stored UTC timestamp."""
    return _in_zone(timestamp, station).strftime("%Y-%m-%d %H:%M")


def _in_zone(timestamp: str, station: Station) -> datetime:
    return datetime.fromisoformat(timestamp).astimezone(ZoneInfo(station.zone))
