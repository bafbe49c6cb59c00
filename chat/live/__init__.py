"""The browser over WebSocket: commands in, events out. The protocol is described in docs/protocol.md."""
