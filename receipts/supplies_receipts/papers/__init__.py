"""The papers, one module each: a struct of `supplies.papers` in, a PDF out."""
