"""What `./synanno` can do, a module for each command."""
