"""Views: functions that read the books and return structs in the shape of the service's JSON.

There is one module for each resource or report. The first parameter of every function is `Books`.
Within `with ledger.reading() as books:` all functions read the same state. No view writes.

The verb of a function says what it returns:

- `get_…`: one object. The function raises NotFound for an unknown id.
- `list_…`: a `Page` of objects in a stable order. Pass the `next` of a page as `after` to get the
  page that follows.
- `build_…`: a report or paper, computed from all rows of its period.
- `find_…`, `read_…`, `count_…`: rows or numbers that several views share.
"""
