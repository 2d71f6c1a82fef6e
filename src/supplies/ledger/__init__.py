"""Record commands: a rule drafts the entries of a command, the writer hashes and stores them."""
