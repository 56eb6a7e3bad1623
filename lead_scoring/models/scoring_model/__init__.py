from . import lead_scoring_model
from . import lead_scoring_model_file
from . import lead_scoring_model_life
from . import lead_scoring_model_review
from . import lead_scoring_model_setup
from . import lead_scoring_model_suggestion
from . import lead_scoring_simulator
from . import mail_activity
