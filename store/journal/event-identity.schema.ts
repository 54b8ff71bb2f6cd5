/**
 * A message is one by its id, and the same message always has the same time: keyed by both, what is new goes to the end of the
 * index, where keyed by the random id alone each message would rewrite a page of its own.
 */
export const eventIdentitySchema = `
DROP INDEX event_message;
CREATE UNIQUE INDEX event_identity ON event (time, message_id);
`
