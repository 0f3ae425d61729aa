"""How Flower hears of tasks: within bounds, and counting what it did not hear."""
