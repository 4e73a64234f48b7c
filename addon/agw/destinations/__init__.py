"""Where records go. The only room that talks to the network."""
