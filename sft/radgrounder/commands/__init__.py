"""The commands of `radgrounder`: what each takes, and the call that does its work, where the heavy imports wait."""
