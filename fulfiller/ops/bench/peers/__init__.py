"""Other task queues, each as its documentation recommends it for speed, on the same servers.

Every one of them runs the transaction that plain Celery runs: one claim, one task, our tables
and our guarantees. A module `on_<name>` is what its workers import and what sends to them.
"""
