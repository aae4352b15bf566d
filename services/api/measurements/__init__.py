"""Measurements that people enter and files bring; what systems send is ``arrivals``."""
