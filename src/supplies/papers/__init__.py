"""What each paper shows, as structs. Nothing here queries or draws."""
