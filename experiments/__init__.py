"""What takes longer than a page: one file an experiment, its saved record beside it. See README.md."""

import os

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"))  # before NumPy is imported, which reads them then
