from . import lead_scoring_playbook_switch
