"""What is done with chapters: executing them, how kernels are talked to, and what is counted in their text."""
