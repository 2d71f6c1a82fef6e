"""The content of each paper, as structs. The modules neither read the books nor draw pages."""
