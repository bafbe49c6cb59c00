"""Finding what was said by its words, which are indexed behind the back of the answers, the same on both databases."""
