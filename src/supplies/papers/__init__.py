"""The content of each paper, as structs. This package neither reads the books nor draws."""
