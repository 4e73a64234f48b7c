"""What people look at: calls as conversations in mitmweb and the console, and the admin page."""
