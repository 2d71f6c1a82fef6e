"""Users, credentials, roles, rate limits and the access log.

Nothing here is in the hashed chain: people come and go, and a login is no fact about goods. Entries
name who recorded them by the code that a user keeps for ever. It knows no HTTP: the service asks
here, and so does the command line.
"""
