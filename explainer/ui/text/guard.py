"""What the server says when it refuses a request, or its own command line, in English."""

from __future__ import annotations

HOST = (
    "This server does not answer to that name. Whoever runs it can allow a name with "
    "--allowed-host NAME."
)
ORIGIN = (
    "Other sites may not send anything to this server. Whoever runs it can allow a site with "
    "--allow-origin URL."
)
CLOSED = "There is nothing at this address."
TOO_LARGE = "The body is too large: at most {limit} KB are taken here."
TOO_SLOW = "The body did not arrive within {seconds:g} seconds."
BROKEN_OFF = "The body was broken off."

JSON = "The body must be JSON, without NaN, Infinity or numbers too large for a float."
UNICODE = "The body must be JSON whose text is proper Unicode."
TOO_DEEP = "The body is nested too deeply: at most {most} levels are taken."
OBJECT = "The body must be a JSON object."
SESSION = "session_hash must be 1 to 64 letters, digits, hyphens or underscores."
EVENT = "fn_index must be the number of one of the page's events."
DATA = "data must be a list of values."
TOO_FEW = "data must have {wanted} values for this event, not {sent}."

SESSIONS = "Too many pages have been opened from this address; please try again in a second."
STREAMS = "This page already has {most} open streams."
STREAMS_HERE = "This address already has {most} open streams; please try again in a minute."
STREAMS_IN_ALL = "The server already has {most} open streams; please try again in a minute."

BAD_NAME = "{value!r} is not a host name such as school.example or *.school.example ({where})"
BAD_ORIGIN = "{value!r} is not an origin such as https://school.example ({where})"
LEAST_TOKEN = 12
SHORT_TOKEN = (
    f"the teacher's token must have at least {LEAST_TOKEN} characters, none of them a space "
    "({where})"
)
TEACHER = "* The teacher's view:  {address}"
