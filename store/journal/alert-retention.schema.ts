/** What old history of alerts is found by. */
export const alertRetentionSchema = `
CREATE INDEX downtime_ended ON downtime (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX comment_time ON comment (time);
`
