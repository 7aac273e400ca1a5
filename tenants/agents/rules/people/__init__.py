"""What people reach under the rules: roles, their reviews, and invitations."""
