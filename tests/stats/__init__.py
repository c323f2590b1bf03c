"""Distribution tests: a battery of tests, and the sources of words that it is run on."""
