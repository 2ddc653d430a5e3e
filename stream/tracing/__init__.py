"""How a batch's way through a service is told as spans; nothing here is asked where traces are off."""
