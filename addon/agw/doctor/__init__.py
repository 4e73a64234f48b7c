"""Checks of a machine and a config, one kind in each module; ``agw doctor`` runs them all."""
