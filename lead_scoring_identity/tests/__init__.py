from . import test_events
from . import test_form_fields
from . import test_forms
from . import test_links
from . import test_machines
from . import test_redirects
