"""What would become of services if they were deployed; `zato service check` runs this in a process of its own."""
