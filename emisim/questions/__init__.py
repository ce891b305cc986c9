"""What is asked of a case after its total: where a number comes from, which package is better, what it would take."""
