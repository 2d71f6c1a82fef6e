"""The Jinja templates of the pages, rendered by Litestar's `Template` response."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """The templates of `pages/templates`. A template that uses an undefined name fails."""
    environment = Environment(
        loader=PackageLoader("supplies_service.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))
