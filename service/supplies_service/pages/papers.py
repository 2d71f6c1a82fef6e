"""PDFs that a page shows in a frame in order to print them."""

from __future__ import annotations

from supplies_service.responses import PDFResponse
from supplies_service.security.headers import PAGE_POLICY


def frameable(paper: PDFResponse) -> PDFResponse:
    """Let pages of this service show a PDF in a frame. Other sites cannot."""
    policy = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    paper.headers.update({"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"})
    return paper
