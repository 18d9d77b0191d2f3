"""PROCESSES: jobs, scheduler, worker, supervisor."""
