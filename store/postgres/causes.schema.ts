/** Which check's problem explains this one's. */
export const causesSchema = `
ALTER TABLE check_state ADD COLUMN cause text;
CREATE INDEX check_cause ON check_state (cause) WHERE cause IS NOT NULL;
`
