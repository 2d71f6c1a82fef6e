"""Import rows of spreadsheets: read a file, find its columns, and record a command for each row.

`import_rows` in `importer.py` does all of this. Each row of a file is either recorded, or listed
with the reason why it was not recorded.
"""
