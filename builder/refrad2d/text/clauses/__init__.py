"""What the clauses of a text state: signs of a sentence, and the structures and findings that they connect."""
