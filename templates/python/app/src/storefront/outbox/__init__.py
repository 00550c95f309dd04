"""What happened, told to others at least once."""
