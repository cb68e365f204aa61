"""The commands of `refrad2d`: what each takes, and the call that does its work, where the heavy imports wait."""
