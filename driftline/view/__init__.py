"""What is shown of a model to people who have no Grafana: what was seen of it, as courses, charts, pages."""
