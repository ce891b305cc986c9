"""What a run says, as tables in either language, and how tables are shown: on the screen, as Markdown, as HTML."""
