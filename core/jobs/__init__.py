"""Background work on PostgreSQL: the queue, the tasks and the worker."""
