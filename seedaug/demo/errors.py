"""What the demo cannot go on from, said in one sentence."""


class DemoError(Exception):
    """Something that the user can put right; the command prints it and ends with status 2."""
