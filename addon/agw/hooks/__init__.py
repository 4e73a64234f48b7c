"""The shell: everything that touches mitmproxy."""
