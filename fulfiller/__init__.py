"""Fulfiller: coupon claims accepted durably, issued once, and paused with grace."""
