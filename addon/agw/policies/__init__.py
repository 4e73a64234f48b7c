"""What is changed on the way: the body's members, headers, the credential's place."""
