"""Moving in from ChartMogul: its exports become customers, subscriptions and invoices; a parallel run compares MRR."""
