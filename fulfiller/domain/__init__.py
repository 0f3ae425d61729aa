"""The nouns: pure, frozen, free of clocks, frameworks and I/O."""
