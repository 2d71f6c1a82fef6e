"""The content of each paper, as structs. Nothing here reads the books or draws."""
