"""Papers that a page shows in a frame, to open the browser's print dialog."""

from __future__ import annotations

from supplies_service.responses import PDFResponse
from supplies_service.security.headers import PAGE_POLICY


def frameable(paper: PDFResponse) -> PDFResponse:
    """Return a paper that pages of this service may show in a frame. No other site may."""
    policy = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    paper.headers.update({"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"})
    return paper
