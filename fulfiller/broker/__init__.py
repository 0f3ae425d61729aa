"""The only place with queues: what travels through the broker, and how."""
