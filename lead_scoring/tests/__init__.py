from . import test_classic_documentation
from . import test_domain_text
from . import test_rules
from . import test_starter_rules
