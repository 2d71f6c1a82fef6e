"""Tools for developers of this project, such as a checker of prose."""
