"""Draw PDFs: canvas, blocks of text and tables, fonts, bilingual texts."""
