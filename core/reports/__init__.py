"""Reports: what can be taken away as a file, as data; one place writes CSV and XLSX."""
