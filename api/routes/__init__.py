"""The routes: each answers for one kind of resource."""
