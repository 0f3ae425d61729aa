"""An experiment: a load, faults that strike meanwhile, and a verdict once all has healed."""
