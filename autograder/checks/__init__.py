"""What correct means: exercises, the calls that test them, and the judges. Imports numpy alone."""
