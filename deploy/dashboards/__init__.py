"""Grafana's dashboards as tables of panels, one file a dashboard."""
