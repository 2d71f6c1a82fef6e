"""The ledger as a REST service. `create_app` builds the application; `serve` runs it."""
