"""Who somebody is, what they may, and what holds for every call."""

from . import product_written  # fields that only the product writes
from . import judged  # what a person writes is judged as it is afterwards
from . import named_records  # nobody names a record that they may not read
from . import permission  # mixin: the policy that every action asks
from . import offered  # mixin: what nobody may do anywhere is not offered
from . import confidential  # mixin: news go to those who may see the record
from . import reauthenticated  # mixin: changed only by somebody who showed lately who they are
from . import followers  # who follows what is known to its readers
from . import role  # a named set of rights
from . import role_right  # one row of it: a permission and its stages
from . import project_member  # who has which role in which project
from . import api_key  # a key for scripts: permissions, places, an end
from . import api_key_check  # where keys come in, and what they may call
from . import guess  # wrong passwords and keys, counted
from . import guarded_sign_in  # what is counted while somebody signs in, and as long for nobody
from . import second_factor  # who has to show a second factor, and has shown one
from . import session_age  # how old a session may be
from . import identity  # showing again who one is
from . import identity_dialog  # the dialog for that
from . import users  # signing in: what happens, in its order
from . import sign_up  # accounts are made by administrators
from . import ir_http  # what every request keeps to
