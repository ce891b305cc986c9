"""What others do for the same work, written as a modeler would. Nothing here imports emisim."""
