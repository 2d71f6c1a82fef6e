"""Export the books in file formats that other programs read."""
