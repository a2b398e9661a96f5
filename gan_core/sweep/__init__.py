"""Many runs of one plan: which, who trains them, and the table of what came of them. Scheduling is Dask's."""
