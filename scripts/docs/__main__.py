"""Write the pages of `docs/` that are made from declarations: `python -m scripts.docs`."""

from scripts.docs import data_dictionary, judgement, method_pages, register, systems

for module in (data_dictionary, judgement, register, systems):
    module.PAGE.write_text(module.page(), encoding="utf-8")
method_pages.write()
