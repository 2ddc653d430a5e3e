"""What happens after a verdict: signals of judged windows become few alerts, each with its history."""
