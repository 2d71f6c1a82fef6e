"""Record commands: rules draft entries, the writer numbers, hashes and stores them."""
