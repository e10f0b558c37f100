"""What spans domains: the customer list, profile, timeline, issuing and changing tier."""
