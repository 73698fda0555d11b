"""What automated data labelling runs in the jobs environment."""
