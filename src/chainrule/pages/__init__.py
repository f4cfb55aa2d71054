"""Pages: one document, shown in a terminal, as Markdown, LaTeX or a web page that needs nothing else."""
