"""What ties seedaug to the frameworks that people train with: a module each, imported when asked for."""
