"""What the cases stand on: building, starting and watching an application, and asking it things."""
