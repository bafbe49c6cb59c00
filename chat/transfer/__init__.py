"""Moving conversations: out as Markdown and JSON, in from that JSON and from ChatGPT's export. docs/transfer.md."""
