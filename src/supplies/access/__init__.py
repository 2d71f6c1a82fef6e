"""Users, credentials, roles, rate limits, donor requests and the access log.

The rows of these tables are not part of the hash chain, and they may be erased. An entry names its
author by the code of a user, which never changes. The package does not depend on HTTP, because both
the service and the command line use it.
"""
