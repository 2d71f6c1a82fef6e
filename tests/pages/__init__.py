"""Tests of the web pages. They are a package, so that pytest closes their browser after them."""
