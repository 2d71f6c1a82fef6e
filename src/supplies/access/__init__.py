"""Users, credentials, roles, rate limits, donor requests and the access log.

These rows are not part of the hash chain, and they may be erased. An entry names its author by a
user's code, which never changes. The package knows no HTTP: the service and the command line
both use it.
"""
