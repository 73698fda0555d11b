"""Studio and notebook instances."""
