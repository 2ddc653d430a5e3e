"""Draining topics that were filled before: how they are filled, who drains them, what that costs."""
