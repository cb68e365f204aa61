"""The vision tower taught by sentences: pairs, truth between them, loss, training, judging."""
