"""The name of plain Celery's task, for those who send it without importing the worker."""

PLAIN_TASK = "bench.issue_one"
