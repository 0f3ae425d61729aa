"""The demonstration: a real stack, the event's real rush in small, a kill, and the proof."""
