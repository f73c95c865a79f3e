"""The walk: everybody goes through every door of one account with the identifiers of another.

Whoever adds a door (an address, a kind of frame, a task) writes here who may use it and how it is asked. The walk
then tries it for every role with foreign and with invented identifiers: the answers must be alike, show nothing of the
other account and leave its rows as they were.
"""
