"""Real servers for a trial or a test, started beside us and ended with us."""
