from . import crm_lead
from . import ir_model
from . import lead_scoring_event
from . import lead_scoring_machine
from . import mail_mail
from . import website_visitor
