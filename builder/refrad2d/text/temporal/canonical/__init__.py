"""Words of time in the few forms that the rules of refrad2d.text.temporal know, before any rule is tried."""
