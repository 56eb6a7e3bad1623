from . import lead_scoring_event
from . import lead_scoring_event_limit
from . import crm_lead_signal
from . import website
from . import website_track
from . import website_visitor
from . import ir_http
from . import lead_scoring_retention
