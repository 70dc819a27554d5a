-- Nodes that start together: two CREATE TABLE IF NOT EXISTS at the same time can fail
SELECT pg_advisory_lock(hashtext('mcp_oauth_grant'));

CREATE TABLE IF NOT EXISTS mcp_oauth_grant (
	grant_key VARCHAR(255) NOT NULL PRIMARY KEY,
	content TEXT NOT NULL,
	generation BIGINT NOT NULL,
	tokens VARCHAR(64) NOT NULL,
	revision VARCHAR(36) NOT NULL,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE TABLE IF NOT EXISTS mcp_oauth_document (
	grant_key VARCHAR(255) NOT NULL,
	kind VARCHAR(64) NOT NULL,
	content TEXT NOT NULL,
	PRIMARY KEY (grant_key, kind)
);

CREATE TABLE IF NOT EXISTS mcp_oauth_lease (
	grant_key VARCHAR(255) NOT NULL PRIMARY KEY,
	owner VARCHAR(64) NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL
);

-- Lists the records of a server: the collation of the database may order keys otherwise
CREATE INDEX IF NOT EXISTS mcp_oauth_grant_listing ON mcp_oauth_grant (grant_key COLLATE "C");

CREATE INDEX IF NOT EXISTS mcp_oauth_document_listing ON mcp_oauth_document (grant_key COLLATE "C");

SELECT pg_advisory_unlock(hashtext('mcp_oauth_grant'));
