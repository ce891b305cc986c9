"""Reading and writing files. Nothing else in emisim opens one."""
