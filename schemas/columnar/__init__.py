"""Records of our own contracts as columns: predictions and labels, as a labeler reads them."""
