"""What Model Monitor's and Clarify's images do, as programs of the jobs environment."""
