/** How much old history was removed in all, and what it is found by. */
export const retentionSchema = `
CREATE TABLE retired (what text PRIMARY KEY, count bigint NOT NULL, at bigint NOT NULL);
CREATE INDEX downtime_ended ON downtime (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX comment_time ON comment (time);
`
