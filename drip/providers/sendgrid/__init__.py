"""SendGrid, spoken over HTTP."""
