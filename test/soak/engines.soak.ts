import { enginesOnOneJournal } from '../support/engines-on-one-journal.ts'

enginesOnOneJournal(['kill', 'stop', 'database', 'stop', 'kill'], 500)
