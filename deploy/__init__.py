"""What others are told: settings for Prometheus, Alertmanager and Grafana, dashboards made from tables."""
