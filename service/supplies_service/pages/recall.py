"""The page about the recall of a batch: its lots, where the goods are, and whom they reached."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.params import FromQuery

from supplies.domain.catalogue_records import Item, Location
from supplies.domain.commands import QuarantineBatch
from supplies.domain.normalization import normalize_text
from supplies.views.catalogue import list_records
from supplies.views.recall import Recall, build_recall
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import code_filter
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.request_context import Context, RequestContext


class RecallPages(Controller):
    """Routes of the page about a recall."""

    path = "/stock/recall"
    include_in_schema = False

    @get(opt=READERS)
    async def recall(
        self, context: Context, item: FromQuery[str] = "", batch: FromQuery[str] = ""
    ) -> Response[bytes]:
        """Show where the goods of a batch are, with a form that moves them to a quarantine.

        The form moves only goods that are not allocated.

        Args:
            context: The request.
            item: Code or name of an item.
            batch: A batch of the item. If the item or the batch is empty, only the form that asks
                for both is shown.
        """
        with context.reading() as books:
            code = code_filter(books, Item, item, "/item")
            if code is None or not batch.strip():
                return render_page(
                    context.request, "recall.html", recall=None, item=code, batch=batch
                )
        form = CommandForm(QuarantineBatch, {"/item": code, "/batch": normalize_text(batch)})
        return _show(context, form, await _read(context, form))

    @post(opt=STAFF)
    async def quarantine(self, context: Context) -> Response[bytes]:
        """Move the unallocated goods of the batch to a quarantine, or show the errors."""
        form = await CommandForm.read(context.request, QuarantineBatch)
        query = urlencode({"item": form.value("/item"), "batch": form.value("/batch")})
        found = await _read(context, form)
        return await submit(
            context,
            form,
            lambda: _show(context, form, found),
            address=lambda _: f"/stock/recall?{query}",
        )


async def _read(context: RequestContext, form: CommandForm[QuarantineBatch]) -> Recall:
    item, batch = form.value("/item"), normalize_text(form.value("/batch"))
    return await context.read_in_thread(lambda books: build_recall(books, item, batch))


def _show(
    context: RequestContext, form: CommandForm[QuarantineBatch], found: Recall
) -> Response[bytes]:
    with context.reading() as books:
        places = list_records(books, Location, limit=None, retired=False).items
        quarantines = [one.code for one in places if one.quarantine]
        if len(quarantines) == 1:
            form.fields.setdefault("/to", quarantines[0])
        return render_form(
            context,
            "recall.html",
            form,
            recall=context.redacted(found),
            quarantines=quarantines,
        )
