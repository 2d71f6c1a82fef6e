"""Pages for people: sign in, set a password, manage tokens; a donor's pledges and receipts.

They are plain forms without scripts, rendered from the templates in `templates/`.
"""
