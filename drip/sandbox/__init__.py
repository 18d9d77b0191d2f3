"""A local SendGrid: takes mail over HTTP, keeps it, shows it, answers it, posts events and replies."""
