"""What Flower remembers of campaigns: samples in bounded rings, and marks from the event log."""
