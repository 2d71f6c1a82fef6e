"""The ledger as a REST service. `create_app` is the only wiring; `serve` runs it on loopback."""
