"""Taking away what a city no longer keeps: rows of persons on request, whole files when their retention is over.

Who asks for what (`request`, `refusals`) becomes what would go (`plan`) and is carried out (`decision`); `retention`
decides by the city's settings. Both take rows (`rows`) out of raw files (`files`) and of what was made of them
(`copies`). Which ids were erased is remembered in `pipeline.landing.erased`, so that no fetch brings a person back.
"""
