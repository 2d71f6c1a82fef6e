"""Draw PDFs: canvas, blocks of text and tables, fonts, bilingual bilingual."""
