"""seedaug inside other frameworks: a module each, imported only when it is asked for."""
