-- Comments that said too little. What was applied is not changed, so they are said anew.
ALTER TABLE erasures ${ON_CLUSTER} COMMENT COLUMN kind 'What the id is: user, group or anonymous; user_in_group or anonymous_in_group: of one account alone.';
ALTER TABLE erasures ${ON_CLUSTER} COMMENT COLUMN id_sha256 'SHA-256 of the id, in hex: SELECT lower(hex(SHA256(''the id''))); within an account of SHA256(''11:account_789the id''), 11 being the bytes of the account.';
