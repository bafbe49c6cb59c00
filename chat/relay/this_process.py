"""The one switchboard of this process, for everybody in it, with the chores of the house."""

from chat.relay.chores import TIDYING, Chore
from chat.relay.switchboard import Switchboard
from chat.search.index import catch_up


def index_what_is_new() -> bool:
    """One transaction's worth: on SQLite nobody else writes meanwhile."""
    return catch_up() > 0


switchboard = Switchboard(chores=[*TIDYING, Chore("search index", 1.0, index_what_is_new)])
