"""Settings: what is done to the installation itself, importing books first."""
