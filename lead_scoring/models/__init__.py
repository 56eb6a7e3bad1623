from . import rule
from . import title
from . import scoring
from . import scoring_model
from . import lead
from . import routing
from . import website
from . import res_config_settings
