"""Any paginated JSON or CSV API by declaration.

`options` is what a city's YAML says of it, `requests` what is asked, `answers` what one answer says, `progress` what
all answers together prove, and `connector` goes from one to the next.
"""

from connectors.api.connector import WINDOW_COLUMNS, Api
from connectors.api.options import ApiOptions, Auth, Paging, WindowOptions
from connectors.api.requests import BEFORE_END, authorised

__all__ = ["BEFORE_END", "WINDOW_COLUMNS", "Api", "ApiOptions", "Auth", "Paging", "WindowOptions", "authorised"]
