"""For operators: commands, the keeper, and what they look at."""
