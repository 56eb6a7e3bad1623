from . import test_mailing_list
from . import test_simulated_month
