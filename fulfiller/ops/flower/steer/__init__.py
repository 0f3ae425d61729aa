"""What operators do about campaigns from Flower: said first, confirmed, done, and logged."""
