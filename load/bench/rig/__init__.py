"""What every measured run stands on: a broker with a filled topic, systems as processes, drains, figures."""
