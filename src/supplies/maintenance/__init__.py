"""Back up, restore and copy whole databases, and protect their files from being overwritten."""
