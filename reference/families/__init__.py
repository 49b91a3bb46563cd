"""One module per family of reference numbers; each has `FILES`: file name → function that fills it."""
