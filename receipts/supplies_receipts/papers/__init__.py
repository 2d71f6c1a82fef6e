"""The papers. Each module draws one struct of `supplies.papers` as a PDF."""
