"""The worker pool: what `celery -A workers worker` starts."""
