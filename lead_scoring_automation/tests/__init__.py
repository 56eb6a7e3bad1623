from . import test_playbook_page
from . import test_playbooks
from . import test_ui
from . import test_playbook_messages
