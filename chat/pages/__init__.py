"""HTML for people: the chat page's shell, the list of conversations, the account pages. Never touches the relay."""
