"""A made-up state farm and its town, in the formats that users have."""
