/** How notifications get into the table: the check that they are about is noted with them, since it may be gone when somebody asks. */
export const insertNotifications = `INSERT INTO notification
    (check_id, project, time, decided_at, kind, state, contact, notifier, address, outcome, filter, reason, attempts, next_attempt,
     message, rule, target_kind, target_id, target_name)
  SELECT check_id, c.project, t.time, t.time, t.kind, t.state, contact, notifier, address,
    outcome, filter, reason, 0, next_attempt, message, c.rule, c.target_kind, c.target_id, c.target_name
  FROM jsonb_to_recordset($1) AS t (n int, check_id text, time bigint, kind text, state text, contact text, notifier text,
    address text, outcome text, filter text, reason text, next_attempt bigint, message text)
  LEFT JOIN check_state c ON c.id = check_id ORDER BY n`
