from . import login_page
from . import sign_in
from . import sign_out
