"""Who enters factor versions. Pure Python, no ORM."""

#: Identity of what no person entered, such as the loading of a pack: an RPC context is JSON and cannot carry it.
NOBODY = object()
