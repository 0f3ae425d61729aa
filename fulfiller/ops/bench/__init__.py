"""`fulfiller bench`: side by side with plain Celery and with the bare SQL, on one machine."""
