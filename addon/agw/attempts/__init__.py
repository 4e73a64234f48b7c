"""One call may take several tries: which target is tried when, and when it is given up."""
