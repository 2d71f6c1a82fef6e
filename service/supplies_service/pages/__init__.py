"""Pages for people: sign in, set a password, own tokens; a donor's pledges and receipts.

Plain forms without scripts. Each page is rendered from a template in `templates/`.
"""
