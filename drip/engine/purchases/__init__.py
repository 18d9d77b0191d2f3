"""PURCHASE IN: a purchase is recorded and starts to walk the campaigns that it fits."""
