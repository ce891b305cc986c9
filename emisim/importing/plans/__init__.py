"""The text of a plan, taken apart: numbered items with their departments, dates, figures and deciding words."""
