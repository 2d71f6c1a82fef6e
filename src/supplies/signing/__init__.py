"""Station keys and the signatures of receipts."""
