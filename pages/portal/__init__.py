"""The portal: what a customer's own people see of themselves."""
