"""Translation between API formats: what a client of one API says, in the words of the API that answers."""
