"""The commands about rules documents. They import no Django and need no service."""
