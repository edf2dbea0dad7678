"""Which units are neighbours, across lanes and never across barriers."""
