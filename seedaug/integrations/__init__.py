"""What other libraries need to work with seedaug: a module for each, imported when asked for."""
