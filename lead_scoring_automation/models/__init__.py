from . import base_automation
from . import crm_lead
from . import ir_actions_server
from . import lead_scoring_playbook
from . import res_users
