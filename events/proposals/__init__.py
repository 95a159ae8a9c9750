"""The open consultation: stakeholders propose, organisers decide, hosts look after the session that came of it."""
