"""The same requests to a reference and to the gateway, and what differs: see tests/e2e/test_dynamodb_differential.py."""
