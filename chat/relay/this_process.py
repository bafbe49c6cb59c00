"""The one switchboard of this process, for everybody in it."""

from chat.relay.switchboard import Switchboard

switchboard = Switchboard()
