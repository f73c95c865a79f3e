"""The only way into a chat's log.

`append.py` numbers and inserts events in the caller's transaction; nothing else writes `chats_event` or `last_seq`.
`group_commit.py` gathers the messages of all sockets of a process into few transactions and calls it there.
"""
