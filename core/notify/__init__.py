"""What leaves the house: mails, and messages to the destinations that the vendor has chosen."""
