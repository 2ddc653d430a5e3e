"""Who is measured: our scorer with its settings, others with theirs, each as a command for one run."""
