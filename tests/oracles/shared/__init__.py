"""What several of the independent models need."""
