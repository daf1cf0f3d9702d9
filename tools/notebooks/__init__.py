"""What meets a kernel: execution, and how kernels are talked to."""
