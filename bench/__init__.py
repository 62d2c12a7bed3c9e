"""What the product does a second, measured on the machine at hand."""
