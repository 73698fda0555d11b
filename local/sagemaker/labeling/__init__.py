"""Ground Truth: labelling jobs, workforces and the portal where people work."""
