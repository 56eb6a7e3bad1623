from . import test_classic_documentation
from . import test_domain_text
from . import test_rule_check
from . import test_rules
from . import test_security
from . import test_starter_rules
from . import test_streams
