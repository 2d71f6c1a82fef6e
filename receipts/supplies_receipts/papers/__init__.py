"""The papers, one module each: draws one struct of `supplies.papers` as a PDF."""
