"""Recording: a rule drafts the entries of a command, and the writer hashes and stores them."""
