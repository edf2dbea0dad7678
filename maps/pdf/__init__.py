"""The atlas of a plan as one PDF of vectors for print."""

from maps.pdf.document import Paper, atlas_pdf, write_book

__all__ = ["Paper", "atlas_pdf", "write_book"]
