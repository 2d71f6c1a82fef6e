"""Draw papers as PDF. Each module draws one kind of paper, from one struct of `supplies.papers`."""
