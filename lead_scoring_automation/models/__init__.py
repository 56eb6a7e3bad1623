from . import base_automation
from . import crm_lead
from . import ir_actions_server
from . import lead_scoring_obstacle
from . import lead_scoring_playbook
from . import lead_scoring_playbook_message
from . import res_users
