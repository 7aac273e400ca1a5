"""What tests stand on; CONTRIBUTING.md says which file is for what."""
