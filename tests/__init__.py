"""The tests: real servers, real processes, one sentence about the product each."""
