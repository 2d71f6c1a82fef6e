"""Back up, restore and copy whole databases."""
