"""The report of a campaign after its event: one HTML file, folded from the event log."""
