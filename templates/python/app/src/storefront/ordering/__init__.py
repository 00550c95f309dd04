"""Orders: placed once, whatever the network does; visible to their owner only."""
