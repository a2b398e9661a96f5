"""What is answered to whom: routes, the guard, the server."""
