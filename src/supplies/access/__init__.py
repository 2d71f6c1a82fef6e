"""Users, credentials, roles, rate limits, donor requests and the access log.

These tables are not part of the hash chain, and their rows may be erased. An entry names its author
by the code of a user, which never changes. The package does not depend on HTTP, because both the
service and the command line use it.
"""
