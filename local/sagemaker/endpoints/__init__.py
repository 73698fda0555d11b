"""Models, endpoints and what moves, scales, captures and calls them."""
