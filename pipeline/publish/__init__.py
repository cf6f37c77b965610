"""What is published of a period: tables, JSON, PDF, DCAT and the metadata of its indicators, as files or in a CKAN."""
