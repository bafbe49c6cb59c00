"""The stream: from the upstream's bytes to a growing text that anybody can follow, and into the database.

Knows no browser, no view, no template. Read it in this order: `sse`, `completions`, `upstream`, `generation`,
`recorder`, `switchboard`.
"""
