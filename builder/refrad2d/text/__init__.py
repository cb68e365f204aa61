"""What a report says: sentences, the lexicon, mentions of the 121 classes, findings, references to images."""
