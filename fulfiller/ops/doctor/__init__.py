"""The doctor: finds what is wrong and prints the command that mends it."""
