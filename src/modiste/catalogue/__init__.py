"""What is sold: tables, labels and their balance; no pixels."""
