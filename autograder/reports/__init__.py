"""What people are shown of a graded class: pages, tables and files. Changes nothing in a course."""
