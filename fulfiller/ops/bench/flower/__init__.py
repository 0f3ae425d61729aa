"""What Flower costs, and those who watch there: at rest, at work and at full speed."""
