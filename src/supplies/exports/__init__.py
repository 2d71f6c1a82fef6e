"""Write the books in the formats of other programs."""
