"""One file for each framework: what a user of it would write, with a log in its training step."""
