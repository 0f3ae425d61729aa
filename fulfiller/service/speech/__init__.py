"""Speech: facts for people who wait become warm, short, concrete sentences in their language."""
