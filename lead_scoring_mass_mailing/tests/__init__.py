from . import test_machine_clicks
from . import test_mail_sources
from . import test_mail_ties
from . import test_seen_clicks
from . import test_journey
